// The timeline of the last hour and day, as charts, tables and totals.
"use strict";

const MINUTES_PER_DAY = 24 * 60;

// Totals over minutes: seconds of speech, utterances, and seconds of each emotion.
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
const mostLikely = (total) => [...total.emotions].reduce((best, one) => (best && best[1] >= one[1] ? best : one), null)?.[0];
const thisMinute = () => Math.floor(now() / 60_000);

function midnight() {
  const day = new Date(now());
  return Math.floor(new Date(day.getFullYear(), day.getMonth(), day.getDate()).getTime() / 60_000);
}

// One column per step; in each column the share of each emotion, from the bottom up.
function drawChart(id, title, minutes, step) {
  const chart = element(id);
  const width = chart.viewBox.baseVal.width / (minutes / step);
  const end = Math.floor(thisMinute() / step) * step + step;
  const columns = [];
  for (let place = 0, from = end - minutes; from < end; place += width, from += step) {
    const total = sum(between(from, from + step));
    if (!total.seconds) continue;
    const column = make("g", {}, make("title", {},
      `${clock(from * 60_000, false)}: ${labelText(mostLikely(total))}, ${length(total.seconds)}`));
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
    ? text("chart", { title, time: length(total.seconds), label: labelText(mostLikely(total)) })
    : `${title}: ${text("nothing")}`;
  chart.setAttribute("aria-label", label);
  const marks = [0, 0.25, 0.5, 0.75, 1].map((part) => clock((end - minutes * (1 - part)) * 60_000, false));
  element(`${id}-axis`).replaceChildren(...marks.map((mark) => make("span", {}, mark)));
}

// All emotions of the last day, in the order of the model.
function labels() {
  return [...sum(known.minutes.values()).emotions.keys()];
}

function drawTimeline() {
  for (const minute of known.minutes.keys()) {
    if (minute <= thisMinute() - MINUTES_PER_DAY) known.minutes.delete(minute);
  }
  drawChart("hour", text("last_hour"), 60, 1);
  drawChart("day", text("last_day"), MINUTES_PER_DAY, 15);
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
        make("td", {}, length(total.seconds)), make("td", {}, labelText(mostLikely(total)))));
    }
  }
  element("hours").replaceChildren(...rows);
}

function drawToday() {
  const total = sum(between(midnight(), thisMinute() + 1));
  put("today", total.seconds ? text("today_text", {
    utterances: total.utterances, time: length(total.seconds), label: labelText(mostLikely(total)),
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
