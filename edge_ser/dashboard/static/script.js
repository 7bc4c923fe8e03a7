// The live page: what the dashboard says as server-sent events, drawn.  All that is known lies in `known`.
"use strict";

const MINUTES_A_DAY = 24 * 60;
const SILENCE = 25_000; // ms without a message, when one comes every 10 s, after which the connection is dead
const LONGEST_PAUSE = 10_000; // ms from one try to connect to the next
const LAST_UTTERANCES = 20;
const COLOURS = ["anger", "disgust", "fear", "happiness", "neutral", "sadness", "uncertain"];
const LANGUAGE = document.documentElement.lang;

const known = { link: "connecting", state: null, current: null, finished: [], minutes: new Map(), since: 0, skew: 0 };
let texts = {};
let source = null;
let lastMessage = 0;
let pause = 1000;

const element = (id) => document.getElementById(id);
const text = (key, values = {}) => (texts[key] ?? key).replace(/\{(\w+)\}/g, (_, name) => values[name] ?? "");
const labelText = (label) => texts[`label:${label}`] ?? label;
const colour = (label) => `of-${COLOURS.includes(label) ? label : "other"}`;
const percent = (share) => `${Math.round(100 * share)}%`;
const clock = (time, seconds = true) =>
  new Date(time).toLocaleTimeString(LANGUAGE, {
    hourCycle: "h23", hour: "2-digit", minute: "2-digit", ...(seconds && { second: "2-digit" }),
  });
const now = () => Date.now() + known.skew; // the device's clock, of which the events are

function length(seconds) {
  const unit = (value, name, digits = 0) =>
    new Intl.NumberFormat(LANGUAGE, { style: "unit", unit: name, maximumFractionDigits: digits }).format(value);
  if (seconds < 60) return unit(seconds, "second", seconds < 10 ? 1 : 0);
  if (seconds < 3600) return unit(seconds / 60, "minute");
  return unit(seconds / 3600, "hour", 1);
}

function make(name, attributes = {}, ...children) {
  const svg = ["rect", "title", "g"].includes(name);
  const made = svg ? document.createElementNS("http://www.w3.org/2000/svg", name) : document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
  made.append(...children);
  return made;
}

function put(id, content) {
  const place = element(id);
  if (place.textContent !== content) place.textContent = content; // a screen reader hears changes only
}

// Sums of the minutes of a span of time: speech, utterances, and seconds of each emotion.
function sum(minutes) {
  const total = { seconds: 0, utterances: 0, uncertain: 0, confidence: 0, emotions: new Map() };
  for (const minute of minutes) {
    total.seconds += minute.seconds;
    total.utterances += minute.utterances;
    total.uncertain += minute.uncertain;
    total.confidence += minute.confidence;
    for (const [label, seconds] of Object.entries(minute.emotions)) {
      total.emotions.set(label, (total.emotions.get(label) ?? 0) + seconds);
    }
  }
  return total;
}

const between = (from, to) => [...known.minutes.values()].filter((one) => one.minute >= from && one.minute < to);
const likeliest = (total) => [...total.emotions].reduce((best, one) => (best && best[1] >= one[1] ? best : one), null)?.[0];
const thisMinute = () => Math.floor(now() / 60_000);

function midnight() {
  const day = new Date(now());
  return Math.floor(new Date(day.getFullYear(), day.getMonth(), day.getDate()).getTime() / 60_000);
}

function drawState() {
  const state = known.state;
  const notice = element("state");
  let key = `link:${known.link}`;
  let good = false;
  if (known.link === "connected" && state) {
    key = `link:${state.link}`;
    if (state.link === "connected") {
      key = state.fault ? `fault:${state.fault}` : `state:${state.state}`;
      good = !state.fault && ["listening", "unknown"].includes(state.state);
    }
  }
  put("state", text(key));
  notice.classList.toggle("good", good);
  notice.classList.toggle("bad", !good && key !== "link:connecting");
  // The service's own line is more exact, and always English.
  const current = known.link === "connected" && state;
  put("detail", current ? state.fault_message || state.message || (state.link === "connected" ? "" : state.link_message) : "");
  put("microphone-state", state?.link === "connected" && known.link === "connected" ? text(key) : "–");
  put("overflows", state ? text("times", { n: state.overflows }) : "–");
  element("mute").disabled = known.link !== "connected" || state?.link !== "connected";
  put("mute", text(isMuted() ? "unmute" : "mute"));
}

const isMuted = () => known.state?.state === "muted";

function drawCurrent() {
  const event = known.current;
  put("label", event ? labelText(event.label) : "–");
  put("confidence", event ? percent(event.confidence) : "");
  put("phase", event ? `${length(event.end - event.start)} · ${text(event.final ? "ended" : "still_speaking")}` : "");
  const bars = element("bars");
  const labels = Object.keys(event?.probabilities ?? {});
  if ([...bars.children].map((bar) => bar.dataset.label).join() !== labels.join()) {
    bars.replaceChildren(...labels.map((label) => {
      const bar = make("li", {}, make("span", {}, labelText(label)), make("span", { class: "track", "aria-hidden": "true" },
        make("div", { class: `fill ${colour(label)}` })), make("span", { class: "value" }));
      bar.dataset.label = label;
      return bar;
    }));
  }
  for (const bar of bars.children) {
    const share = event.probabilities[bar.dataset.label];
    bar.querySelector(".fill").style.width = `${100 * share}%`;
    bar.querySelector(".value").textContent = percent(share);
  }
}

function drawFinished() {
  element("finished").replaceChildren(...known.finished.map((event) => make("tr", {},
    make("td", {}, clock(event.time)), make("td", {}, length(event.end - event.start)),
    make("td", {}, labelText(event.label)), make("td", { class: "number" }, percent(event.confidence)))));
}

// A column for each part of the span; within one, the share of each emotion from the bottom up.
function drawChart(id, title, minutes, step) {
  const chart = element(id);
  const width = chart.viewBox.baseVal.width / (minutes / step);
  const end = Math.floor(thisMinute() / step) * step + step;
  const columns = [];
  for (let place = 0, from = end - minutes; from < end; place += width, from += step) {
    const total = sum(between(from, from + step));
    if (!total.seconds) continue;
    const column = make("g", {}, make("title", {},
      `${clock(from * 60_000, false)}: ${labelText(likeliest(total))}, ${length(total.seconds)}`));
    let top = 100;
    for (const label of labels()) {
      const height = (100 * (total.emotions.get(label) ?? 0)) / total.seconds;
      top -= height;
      column.append(make("rect", { x: place, y: top, width: 0.9 * width, height, class: colour(label) }));
    }
    columns.push(column);
  }
  chart.replaceChildren(...columns);
  const total = sum(between(end - minutes, end));
  const label = total.seconds
    ? text("chart", { title, time: length(total.seconds), label: labelText(likeliest(total)) })
    : `${title}: ${text("nothing")}`;
  chart.setAttribute("aria-label", label);
  const marks = [0, 0.25, 0.5, 0.75, 1].map((part) => clock((end - minutes * (1 - part)) * 60_000, false));
  element(`${id}-axis`).replaceChildren(...marks.map((mark) => make("span", {}, mark)));
}

// All emotions that the last day knows, in the order in which the model has them.
function labels() {
  return [...sum(known.minutes.values()).emotions.keys()];
}

function drawTimeline() {
  for (const minute of known.minutes.keys()) {
    if (minute <= thisMinute() - MINUTES_A_DAY) known.minutes.delete(minute);
  }
  drawChart("hour", text("last_hour"), 60, 1);
  drawChart("day", text("last_day"), MINUTES_A_DAY, 15);
  element("legend").replaceChildren(...labels().map((label) =>
    make("li", {}, make("span", { class: `swatch ${colour(label)}`, "aria-hidden": "true" }), labelText(label))));
  const since = new Date(known.since);
  put("since", known.since ? text("since", { time: since.toLocaleString(LANGUAGE, { dateStyle: "medium", timeStyle: "short", hourCycle: "h23" }) }) : "");
  drawHours();
  drawToday();
  drawModel();
}

function drawHours() {
  const rows = [];
  for (let from = Math.floor(thisMinute() / 60) * 60, n = 0; n < 24; n++, from -= 60) {
    const total = sum(between(from, from + 60));
    if (total.seconds) {
      rows.push(make("tr", {}, make("th", { scope: "row" }, clock(from * 60_000, false)),
        make("td", {}, length(total.seconds)), make("td", {}, labelText(likeliest(total)))));
    }
  }
  element("hours").replaceChildren(...rows);
}

function drawToday() {
  const total = sum(between(midnight(), thisMinute() + 1));
  put("today", total.seconds ? text("today_text", {
    utterances: total.utterances, time: length(total.seconds), label: labelText(likeliest(total)),
  }) : text("nothing"));
  const shares = [...total.emotions].sort((one, other) => other[1] - one[1]);
  element("shares").replaceChildren(...shares.map(([label, seconds]) => make("tr", {},
    make("th", { scope: "row" }, labelText(label)), make("td", {}, length(seconds)),
    make("td", { class: "number" }, percent(seconds / total.seconds)))));
}

function drawModel() {
  const total = sum(between(thisMinute() - 59, thisMinute() + 1));
  put("uncertain", total.utterances ? percent(total.uncertain / total.utterances) : "–");
  put("mean-confidence", total.seconds ? percent(total.confidence / total.seconds) : "–");
}

function takeEverything(all) {
  known.skew = all.now - Date.now();
  Object.assign(known, { link: "connected", state: all.state, current: all.current, finished: all.finished, since: all.since });
  known.minutes = new Map(all.minutes.map((minute) => [minute.minute, minute]));
  pause = 1000;
  drawState();
  drawCurrent();
  drawFinished();
  drawTimeline();
}

function takeState(state) {
  if (state.link !== "connected" || state.state !== "listening") known.current = null;
  known.state = state;
  put("mute-remark", ""); // it was about another state
  drawState();
  drawCurrent();
}

function takeHeard(event) {
  known.current = event;
  drawCurrent();
  if (event.final) {
    known.finished = [event, ...known.finished].slice(0, LAST_UTTERANCES);
    drawFinished();
    put("said", `${labelText(event.label)}, ${percent(event.confidence)}`);
  }
}

function takeMinute(minute) {
  known.minutes.set(minute.minute, minute);
  drawTimeline();
}

function takeBeat(beat) {
  known.skew = beat.now - Date.now();
  drawTimeline();
}

function connect() {
  source?.close();
  source = new EventSource("events");
  lastMessage = Date.now();
  const on = (name, take) => source.addEventListener(name, (message) => {
    lastMessage = Date.now();
    take(JSON.parse(message.data));
  });
  on("everything", takeEverything);
  on("state", takeState);
  on("heard", takeHeard);
  on("level", takeLevel);
  on("minute", takeMinute);
  on("beat", takeBeat);
  on("full", () => lost("full"));
  source.addEventListener("error", () => lost("lost"));
}

function lost(link) {
  if (link !== "lost" || known.link !== "full") known.link = link;
  known.current = null;
  drawState();
  drawCurrent();
  source.close();
  setTimeout(again, pause);
  pause = Math.min(2 * pause, LONGEST_PAUSE);
}

// An answer tells what a stream that fails does not: that the token is no longer the right one.
async function again() {
  try {
    const answer = await fetch("state", { cache: "no-store" });
    if (answer.status === 401) {
      location.assign("login");
      return;
    }
  } catch {
    // not there yet
  }
  connect();
}

async function pressMute() {
  const mute = !isMuted();
  element("mute").disabled = true;
  let remark = "";
  try {
    const answer = await fetch("mute", { method: "POST", body: JSON.stringify({ mute }) });
    if (!answer.ok) remark = `${text("mute_failed")} ${(await answer.json()).error}`;
  } catch (error) {
    remark = `${text("mute_failed")} ${error.message}`;
  }
  put("mute-remark", remark);
  drawState();
}

async function begin() {
  texts = await (await fetch(`static/${LANGUAGE}.json`)).json();
  element("mute").addEventListener("click", pressMute);
  drawState();
  drawTimeline();
  connect();
  setInterval(() => {
    // A phone that slept, or a network that went away, ends a connection without a word.
    if (known.link === "connected" && Date.now() - lastMessage > SILENCE) lost("lost");
  }, 5000);
}

begin();
