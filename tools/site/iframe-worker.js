// Search where the site is opened from a folder: browsers start no worker there, so a hidden frame stands for it. The theme
// asks for `IFrameWorker` by this name, and does without where it is not needed.
if (location.protocol === "file:") {
  window.IFrameWorker = class extends EventTarget {
    constructor(url) {
      super();
      this.onmessage = null;
      this._frame = document.createElement("iframe");
      this._frame.hidden = true;
      document.body.append(this._frame);
      const inside = this._frame.contentWindow;
      inside.document.open();
      inside.document.write("<!doctype html><script>" +
        "self.postMessage = (data) => frameElement.dispatchEvent(new CustomEvent('posted', { detail: data }));" +
        "self.importScripts = (...urls) => urls.reduce((before, url) => before.then(() => new Promise((resolve, reject) =>" +
        " document.body.append(Object.assign(document.createElement('script'), { src: url, onload: resolve, onerror: reject })))), Promise.resolve());" +
        "</" + "script><body></body>");
      inside.document.close();
      this._frame.addEventListener("posted", ({ detail }) => {
        const event = new MessageEvent("message", { data: detail });
        this.dispatchEvent(event);
        this.onmessage?.(event);
      });
      this._ready = new Promise((resolve, reject) => {
        const script = inside.document.createElement("script");
        Object.assign(script, { src: url, onload: resolve, onerror: reject });
        inside.document.body.append(script);
      });
    }

    postMessage(data) {
      this._ready.then(() => this._frame.contentWindow.dispatchEvent(new MessageEvent("message", { data })));
    }

    terminate() {
      this._frame.remove();
    }
  };
  window.Worker = window.IFrameWorker;
}
