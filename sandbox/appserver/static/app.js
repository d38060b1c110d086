// The life of an app page around Voilà's front end: progress, what went wrong, and leaving.
// Inline scripts are refused by the page's policy, so everything that can be is in this file.
'use strict';
const sandboxApp = (() => {
  const ALIVE_EVERY = 10_000; // ms; also how soon a dead kernel is told
  let kernelUrl = '';
  let shownNotice = '';

  const byId = id => document.getElementById(id);

  function notice(kind) {
    const box = byId('sb-notice');
    if (!box || shownNotice === kind || shownNotice === 'gone') return;
    shownNotice = kind;
    box.hidden = !kind;
    document.body.classList.toggle('sb-stopped', Boolean(kind));
    if (!kind) return;
    box.firstElementChild.textContent = box.dataset[kind];
    box.querySelector('.sb-again').hidden = kind === 'expired';
    byId('sb-loading')?.remove();
  }

  function step(index, count) {
    const bar = document.querySelector('.sb-progress > i');
    if (bar) bar.style.width = `${Math.round((100 * index) / (count + 1))}%`;
  }

  // Voilà calls this when its front end is up; the page itself calls it at its end. Whichever is later shows the app.
  function ready() {
    if (!window.themeLoaded || !window.cellLoaded) return;
    byId('sb-loading')?.remove();
    document.body.classList.add('sb-ready');
  }

  function finish() {
    window.cellLoaded = true;
    step(1, 1);
    const config = JSON.parse(byId('jupyter-config-data').textContent);
    kernelUrl = `${config.baseUrl}api/kernels/${config.kernelId}`;
    setInterval(watch, ALIVE_EVERY);
    window.addEventListener('online', watch);
    window.addEventListener('offline', () => notice('lost'));
    // Voilà tells the server on `beforeunload`, which phones do not fire.
    window.addEventListener('pagehide', event => {
      if (!event.persisted) navigator.sendBeacon(`${config.baseUrl}voila/api/shutdown/${config.kernelId}`);
    });
    ready();
  }

  async function watch() {
    if (document.hidden) return;
    try {
      const answer = await fetch(kernelUrl, { cache: 'no-store' });
      notice(answer.ok ? '' : answer.status === 401 ? 'expired' : 'gone');
    } catch {
      notice('lost');
    }
  }

  function failed() {
    notice('failed');
  }

  window.voila_finish = ready;
  window.voila_heartbeat = () => {};
  document.addEventListener('visibilitychange', () => kernelUrl && !document.hidden && watch());
  return { step, finish, failed };
})();
