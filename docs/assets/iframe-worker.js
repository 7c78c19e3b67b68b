// A browser starts no worker for a page opened from a folder. There the search runs in a hidden
// frame instead: the same script, which hears and answers the same messages.
if (location.protocol === "file:") {
  window.Worker = class extends EventTarget {
    constructor(url) {
      super()
      const frame = document.createElement("iframe")
      frame.hidden = true
      frame.setAttribute("aria-hidden", "true")
      document.body.appendChild(frame)
      const inside = frame.contentWindow
      inside.postMessage = data => this.dispatchEvent(new MessageEvent("message", { data }))
      inside.importScripts = async (...scripts) => {
        for (const script of scripts) await this.load(frame, new URL(script, url).href)
      }
      this.frame = frame
      this.ready = this.load(frame, String(url))
    }
    load(frame, url) {
      return new Promise((done, failed) => {
        const script = frame.contentDocument.createElement("script")
        script.onload = done
        script.onerror = failed
        script.src = url
        frame.contentDocument.body.appendChild(script)
      })
    }
    postMessage(data) {
      const inside = this.frame.contentWindow
      this.ready.then(() => inside.dispatchEvent(new inside.MessageEvent("message", { data })))
    }
    terminate() {
      this.frame.remove()
    }
  }
}
