// The level meter: how loud it is while the service says so.  Its figure changes once a second, and no screen reader is
// told of its own accord.
"use strict";

const QUIETEST = -72; // dBFS at the left end
const METER_STAYS = 1000; // ms without a new level after which it falls to nothing: muted, or without a microphone
const WORDS_EVERY = 900; // ms from one figure to the next, and of the bar itself for who wants little motion
const calm = matchMedia("(prefers-reduced-motion: reduce)");

let meterFalls = 0;
let wordsAt = 0;

function takeLevel(level) {
  clearTimeout(meterFalls);
  meterFalls = setTimeout(fallToNothing, METER_STAYS);
  const due = Date.now() - wordsAt >= WORDS_EVERY;
  put("speech", level.speech ? text("yes") : text("no"));
  if (due) nameLevel(level);
  if (due || !calm.matches) drawMeter(level);
}

function fallToNothing() {
  put("speech", "–");
  nameLevel(null);
  drawMeter(null);
}

function drawMeter(level) {
  const place = (decibels) => `${100 * Math.min(Math.max(1 - decibels / QUIETEST, 0), 1)}%`;
  const fill = element("level-fill");
  fill.style.width = level ? place(level.level) : "0";
  fill.classList.toggle("speech", level?.speech ?? false);
  element("level-peak").style.left = level ? place(level.peak) : "0";
}

function nameLevel(level) {
  wordsAt = level ? Date.now() : 0;
  const words = level ? `${Math.round(level.level)} dBFS` : "–";
  put("level-words", words);
  element("level").setAttribute("aria-valuenow", Math.max(Math.round(level?.level ?? QUIETEST), QUIETEST));
  element("level").setAttribute("aria-valuetext", words);
}
