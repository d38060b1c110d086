/**
 * What runs inside a widget's frame: anywidget's side of the conversation. The function is written out as text into
 * the frame, so it must use nothing from outside itself.
 */

export const guest = `function () {
  addEventListener('message', async ({ data, ports: [port] }) => {
    const state = data.state, heard = {}, changed = {};
    const tell = (kind, ...args) => (heard[kind] || []).slice().forEach(f => f(...args));
    const on = (kinds, f) => kinds.split(' ').forEach(kind => (heard[kind] = heard[kind] || []).push(f));
    const off = (kinds, f) => (kinds ? kinds.split(' ') : Object.keys(heard)).forEach(kind => {
      heard[kind] = f ? (heard[kind] || []).filter(each => each !== f) : [];
    });
    const model = {
      changed: {},
      get: key => state[key],
      set(key, value) {
        const news = typeof key === 'object' ? key : { [key]: value };
        model.changed = {};
        for (const name of Object.keys(news)) {
          if (state[name] === news[name]) continue;
          state[name] = changed[name] = model.changed[name] = news[name];
          tell('change:' + name, model, news[name]);
        }
        tell('change', model);
      },
      save_changes() { if (Object.keys(changed).length) port.postMessage({ save: { ...changed } }); for (const key in changed) delete changed[key]; },
      send(content, callbacks, buffers) { port.postMessage({ send: content, buffers }); },
      on, off,
      widget_manager: { get_model: () => Promise.reject(new Error('A widget in an app reaches its own values only.')) }
    };
    const invoke = (name, msg, { buffers = [], signal = AbortSignal.timeout(3000) } = {}) => new Promise((resolve, reject) => {
      const id = crypto.getRandomValues(new Uint32Array(4)).join('');
      signal.addEventListener('abort', () => { off('msg:custom', answer); reject(signal.reason); });
      const answer = (content, buffers) => {
        if (content.id !== id || content.kind !== 'anywidget-command-response') return;
        off('msg:custom', answer);
        resolve([content.response, buffers]);
      };
      on('msg:custom', answer);
      model.send({ id, kind: 'anywidget-command', name, msg }, undefined, buffers);
    });
    port.onmessage = ({ data }) => {
      if (data.changed) {
        Object.assign(state, model.changed = data.changed);
        for (const name of Object.keys(data.changed)) tell('change:' + name, model, data.changed[name]);
        tell('change', model);
      } else tell('msg:custom', data.custom, data.buffers);
    };
    if (data.css) document.head.append(Object.assign(document.createElement('style'), { textContent: data.css }));
    const el = document.body.appendChild(document.createElement('div'));
    new ResizeObserver(() => port.postMessage({ height: document.documentElement.offsetHeight })).observe(document.documentElement);
    if (data.script) document.head.append(Object.assign(document.createElement('script'), { nonce: data.nonce, textContent: data.script }));
    const address = URL.createObjectURL(new Blob([data.esm], { type: 'text/javascript' }));
    try {
      const module = await import(address);
      const widget = typeof module.default === 'function' ? await module.default() : module.default || module;
      const experimental = { invoke }, signal = new AbortController().signal;
      await (widget.initialize && widget.initialize({ model, experimental, signal }));
      await (widget.render && widget.render({ model, el, experimental, signal }));
    } catch { port.postMessage({ failed: true }); }
  }, { once: true });
}`;
