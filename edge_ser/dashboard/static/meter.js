// The level meter: how loud it is, while the service sends levels.  Its figure changes once a second, and it is no live
// region, so that a screen reader reads it only on request.
"use strict";

const QUIETEST = -72; // dBFS at the left end
const METER_TIMEOUT = 1000; // ms without a new level after which it is cleared: muted, or no microphone
const FIGURE_INTERVAL = 900; // ms between two figures, and between two positions of the bar with reduced motion
const calm = matchMedia("(prefers-reduced-motion: reduce)");

let clearTimer = 0;
let figureTime = 0;

function takeLevel(level) {
  clearTimeout(clearTimer);
  clearTimer = setTimeout(clearMeter, METER_TIMEOUT);
  const due = Date.now() - figureTime >= FIGURE_INTERVAL;
  put("speech", level.speech ? text("yes") : text("no"));
  if (due) showFigure(level);
  if (due || !calm.matches) drawMeter(level);
}

function clearMeter() {
  put("speech", "–");
  showFigure(null);
  drawMeter(null);
}

function drawMeter(level) {
  const place = (decibels) => `${100 * Math.min(Math.max(1 - decibels / QUIETEST, 0), 1)}%`;
  const fill = element("level-fill");
  fill.style.width = level ? place(level.level) : "0";
  fill.classList.toggle("speech", level?.speech ?? false);
  element("level-peak").style.left = level ? place(level.peak) : "0";
}

function showFigure(level) {
  figureTime = level ? Date.now() : 0;
  const words = level ? `${Math.round(level.level)} dBFS` : "–";
  put("level-words", words);
  element("level").setAttribute("aria-valuenow", Math.max(Math.round(level?.level ?? QUIETEST), QUIETEST));
  element("level").setAttribute("aria-valuetext", words);
}
