// Sends two questions with the script of fastapi_sse.html, and presses Cancel in the middle of the first answer.
const [address, script] = process.argv.slice(2)
const waiting = []
let shown = ""
const pre = {
  append(text) {
    shown += text
    for (const [words, go] of waiting) if (shown.includes(words)) go()
  },
}
const shows = words => new Promise(go => waiting.push([words, go]))
const form = {question: {value: ""}, lastElementChild: {}}
const document = {forms: [form], querySelector: () => pre}
const fetchHere = (path, options) => fetch(address + path, options)
new Function("document", "fetch", script)(document, fetchHere)

async function ask(question) {
  form.question.value = question
  await form.onsubmit({preventDefault() {}})
}

shows("The ferry").then(() => form.lastElementChild.onclick())
await ask("Tell a story.")
await ask("Go on.")
console.log(shown)
