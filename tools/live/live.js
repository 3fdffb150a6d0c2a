// A Run button for each live block of a page. Nothing is loaded before the first press.
(() => {
  const here = document.currentScript.src;
  const blocks = [...document.querySelectorAll("div.live")];
  let worker = null;
  let running = false;
  let done = 0;                  // how many blocks of the page have run: they are one program

  const made = (name, className, text = "") => Object.assign(document.createElement(name), { className, textContent: text });

  const outputOf = (block) => {
    let output = block.nextElementSibling;
    if (!output?.classList.contains("live-output")) {
      output = made("pre", "live-output");
      output.setAttribute("aria-live", "polite");
      block.after(output);
    }
    return output;
  };

  const stop = () => {           // what has run is forgotten
    worker?.terminate();
    worker = null;
    running = false;
    done = 0;
    for (const block of blocks) {
      block.querySelector(".live-run").textContent = "Run";
      block.querySelector(".live-state").textContent = "";
    }
  };

  const runOne = (number) => new Promise((finished) => {
    const block = blocks[number];
    const output = outputOf(block);
    const state = block.querySelector(".live-state");
    output.replaceChildren();
    output.hidden = true;
    running = true;
    block.querySelector(".live-run").textContent = "Stop";
    worker ??= new Worker(new URL("worker.mjs", here), { type: "module" });
    const end = (succeeded) => {
      state.textContent = "";
      running = false;
      block.querySelector(".live-run").textContent = "Run";
      finished(succeeded);
    };
    worker.onmessage = ({ data: { kind, text } }) => {
      if (kind === "state") state.textContent = text;
      else if (kind === "done") {
        if (output.hidden) output.append("nothing is printed");
        output.hidden = false;
        end(true);
      } else if (kind === "failed") end(false);
      else {
        output.hidden = false;
        output.append(kind === "error" ? made("span", "live-error", text) : text);
      }
    };
    worker.onerror = () => {
      output.hidden = false;
      output.append(made("span", "live-error", "The program that runs Python cannot be loaded.\n"));
      end(false);
      stop();
    };
    worker.postMessage({ name: `block ${number + 1}`, code: codeOf(block), server: block.dataset.server });
  });

  const codeOf = (block) => block.querySelector("code").textContent;

  const run = async (number) => {
    if (location.protocol === "file:") {
      outputOf(blocks[number]).textContent =
        "Browsers start no Python in a page from a folder. Serve the site, `python -m http.server` in its folder, and open http://localhost:8000.";
      return;
    }
    for (; done < number; done += 1) if (!(await runOne(done))) return;
    if (await runOne(number)) done = Math.max(done, number + 1);
  };

  blocks.forEach((block, number) => {
    const code = block.querySelector("code");
    code.contentEditable = "plaintext-only";         // a reader may change it, and run it again
    code.spellcheck = false;
    const bar = made("div", "live-bar");
    const button = made("button", "live-run", "Run");
    button.type = "button";
    button.title = "Run it in your browser, after the blocks above that have not run yet";
    button.addEventListener("click", () => {
      if (running) stop();
      else run(number);
    });
    bar.append(button, made("span", "live-state"));
    block.append(bar);
  });
})();
