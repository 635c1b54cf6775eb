"use strict";
(() => {
  const all = (selector, inside = document) => [...inside.querySelectorAll(selector)];
  const now = document.getElementById("now");
  const runs = all("section.run").map((section) => ({ section, steps: all("button.go", section) }));
  let run = 0;
  const at = runs.map(() => 0);

  const mark = (elements, current) => {
    for (const each of elements) each.classList.toggle("now", each === current || each.dataset.step === current);
  };

  // Only the element itself scrolls, never the page under the reader.
  const keepBeside = (box, element, fixed = 0) => {
    if (!box || !element) return;
    const outer = box.getBoundingClientRect();
    const inner = element.getBoundingClientRect();
    if (inner.left < outer.left + fixed) box.scrollLeft -= outer.left + fixed - inner.left;
    else if (inner.right > outer.right) box.scrollLeft += inner.right - outer.right;
  };
  const keepBelow = (box, element) => {
    const outer = box.getBoundingClientRect();
    const inner = element.getBoundingClientRect();
    if (inner.top < outer.top) box.scrollTop -= outer.top - inner.top + 24;
    else if (inner.bottom > outer.bottom) box.scrollTop += inner.bottom - outer.bottom + 24;
  };

  const span = (name, text) => {
    const made = document.createElement("span");
    made.className = name;
    made.textContent = text;
    return made;
  };

  const showCode = (step) => {
    const line = document.getElementById(step.dataset.line);
    mark(all(".line.now"), null);
    if (!line) return "";
    line.classList.add("now");
    keepBelow(line.closest("section.code"), line);
    return line.querySelector(".text").textContent.trim();
  };

  const say = (step, code) => {
    const action = step.querySelector(".action").textContent;
    now.replaceChildren(span("where", `Step ${at[run] + 1} of ${runs[run].steps.length}: `), span("what", action));
    const place = step.dataset.place;
    const change = step.querySelector(".change").cloneNode(true);
    now.append(" ", change);
    now.append(span("source", code ? `${place}  ${code}` : place || "no line of the application's"));
  };

  const show = (number) => {
    const { section, steps } = runs[number];
    const current = steps[at[number]];
    mark(all("li.step", section), current.closest("li"));
    mark(all("[data-step]:not(button)", section), current.dataset.step);
    for (const step of steps) {
      step.tabIndex = step === current ? 0 : -1;
      step.toggleAttribute("aria-current", false);
    }
    current.setAttribute("aria-current", "step");
    const tracker = section.querySelector(".tracker");
    if (tracker) {
      const fixed = tracker.querySelector("tbody th").getBoundingClientRect().width;
      keepBeside(tracker, tracker.querySelector("td.now"), fixed);
    }
    keepBeside(section.querySelector(".timeline"), section.querySelector(".moment.now"));
  };

  const go = (number, step) => {
    const listed = document.activeElement?.closest?.("ol.steps");
    run = number;
    at[run] = Math.max(0, Math.min(runs[run].steps.length - 1, step));
    document.body.dataset.run = String(run);
    for (const each of runs) each.section.classList.toggle("current", each === runs[run]);
    for (const button of all(".which button")) {
      button.setAttribute("aria-pressed", String(Number(button.dataset.run) === run));
    }
    show(run);
    const current = runs[run].steps[at[run]];
    say(current, showCode(current));
    document.getElementById("back").setAttribute("aria-disabled", String(at[run] === 0));
    document.getElementById("next").setAttribute("aria-disabled", String(at[run] === runs[run].steps.length - 1));
    if (listed) current.focus({ preventScroll: true });
  };
  // While the page loads, the browser would take a new address for a place to go to.
  const walk = (number, step) => {
    go(number, step);
    history.replaceState(null, "", `#run-${run}-step-${at[run] + 1}`);
  };

  const other = () => (run + 1) % runs.length;

  const keys = {
    ArrowRight: () => walk(run, at[run] + 1),
    ArrowLeft: () => walk(run, at[run] - 1),
    Home: () => walk(run, 0),
    End: () => walk(run, Infinity),
    r: () => walk(other(), at[other()]),
  };
  const inList = { ArrowDown: keys.ArrowRight, ArrowUp: keys.ArrowLeft };
  addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const key = event.key === "R" ? "r" : event.key;
    // What can be scrolled is, by the keys for that.
    if (key !== "r" && (event.shiftKey || event.target.closest?.("pre, .tracker"))) return;
    const act = keys[key] ?? (event.target.closest?.("ol.steps") ? inList[key] : undefined);
    if (!act || (key === "r" && runs.length < 2)) return;
    event.preventDefault();
    act();
  });

  document.getElementById("back").addEventListener("click", keys.ArrowLeft);
  document.getElementById("next").addEventListener("click", keys.ArrowRight);
  for (const button of all(".which button")) {
    const number = Number(button.dataset.run);
    button.addEventListener("click", () => walk(number, at[number]));
  }
  runs.forEach(({ section, steps }, number) => {
    for (const step of [...steps, ...all(".moment, .tracker [data-step]", section)]) {
      step.addEventListener("click", () => walk(number, Number(step.dataset.step) - 1));
    }
    const drawn = section.querySelector("svg");
    drawn.style.minWidth = `${steps.length * 23}px`;
  });

  // What is walked to may lie below what the reader sees.
  const walkTo = (button) => {
    walk(Number(button.dataset.run), Number(button.dataset.step) - 1);
    document.getElementById("walk").scrollIntoView({ block: "start" });
    runs[run].steps[at[run]].focus({ preventScroll: true });
  };
  for (const button of all("button.to")) button.addEventListener("click", () => walkTo(button));

  for (const question of all(".question")) {
    const answer = question.querySelector(".answer");
    for (const option of all(".option", question)) {
      option.addEventListener("click", () => {
        for (const each of all(".option", question)) {
          each.setAttribute("aria-pressed", String(each === option));
          each.classList.toggle("right", each.dataset.right === "yes");
        }
        const right = option.dataset.right === "yes";
        const { run: number, step, because } = answer.dataset;
        const to = document.createElement("button");
        to.type = "button";
        to.className = "to";
        to.textContent = `Look at step ${step}`;
        to.addEventListener("click", () => walkTo(answer));
        answer.replaceChildren(span(right ? "yes" : "no", right ? "Yes. " : "No. "), because, " ", to);
        walk(Number(number), Number(step) - 1);
      });
    }
  }

  document.documentElement.classList.add("walking");
  const goToAddress = () => {
    const asked = /^#run-(\d+)-step-(\d+)$/.exec(location.hash);
    if (asked && runs[asked[1]]) go(Number(asked[1]), Number(asked[2]) - 1);
    return asked;
  };
  runs.forEach((_, number) => show(number));
  if (!goToAddress()) go(0, 0);
  addEventListener("hashchange", goToAddress);
})();
