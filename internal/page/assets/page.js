// SPDX-FileCopyrightText: 2026 The gstpublish authors
// SPDX-License-Identifier: Apache-2.0

// The page: joins the room, shows the video, and writes twice a second what was measured.
'use strict';

const byId = (id) => document.getElementById(id);
const set = (id, text) => { byId(id).textContent = text; };

// How often the publisher is asked, and how often one that did not answer, in ms.
const askEvery = 1000;
const askAgain = 10000;

// What LiveKit's RPC says of a participant that does not know a method.
const unknownMethod = 1400;

// How long it takes to connect until the page says what may help, in ms.
const slowAfter = 5000;

// wayOut returns what may help a browser that does not connect to the server at url. Firefox sends no media to a server
// on the same machine's loopback addresses without this setting.
const wayOut = (url) => {
  const loopback = /^wss?:\/\/(127\.|localhost\b|\[::1\])/.test(url);
  return loopback && /Firefox/.test(navigator.userAgent) ? 'Firefox connects to a server on this machine ' +
    'with media.peerconnection.ice.loopback set to true in about:config' : '';
};

const page = {
  config: null,
  room: null,
  track: null, // the remote track that is shown
  publication: null,
  measurer: null,
  measured: null,
  why: '', // there is no connection to the room
  publisher: '', // the identity of the participant whose track is shown
  state: null, // the publisher's, and of the switches
  asked: -askAgain, // when the publisher was asked
  asking: false,
  silent: false, // the publisher did not answer
  rest: new Rest(),
  history: [], // {at, received, target} of the last minute

  async start() {
    this.config = await (await fetch('config')).json();
    set('room', this.config.room);
    this.addSwitches();
    this.addPromises();
    byId('publisher-card').hidden = !this.config.publisher;
    this.measurer = new Measurer(byId('video'), this.config.pattern);
    if (this.config.publisher || this.config.switches.length) this.listen();
    setInterval(() => this.update(), 500);
    await this.join();
  },

  // join joins the room, and tries again until it succeeds.
  async join() {
    const {Room, RoomEvent} = LivekitClient;
    this.room = new Room({adaptiveStream: false, dynacast: false});
    const tracks = () => this.choose();
    for (const event of [RoomEvent.TrackSubscribed, RoomEvent.TrackUnsubscribed, RoomEvent.TrackMuted,
      RoomEvent.TrackUnmuted, RoomEvent.ParticipantDisconnected]) this.room.on(event, tracks);
    this.room.on(RoomEvent.ConnectionStateChanged, (state) => this.tell(state));
    this.room.on(RoomEvent.Disconnected, () => {
      this.choose();
      setTimeout(() => this.join(), 2000);
    });
    let slow;
    try {
      const answer = await fetch('join', {method: 'POST'});
      if (!answer.ok) throw new Error(await answer.text());
      const {url, token} = await answer.json();
      slow = setTimeout(() => this.unconnected(wayOut(url)), slowAfter);
      await this.room.connect(url, token);
      this.unconnected('');
    } catch (error) {
      this.room.removeAllListeners();
      this.tell('disconnected');
      this.unconnected(error.message);
      setTimeout(() => this.join(), 2000);
    }
    clearTimeout(slow);
    this.choose();
  },

  // unconnected keeps why there is no connection to the room, for the cover; '' if that is unknown, or there is one.
  unconnected(why) {
    this.why = why;
    this.cover();
  },

  // tell writes the state of the connection.
  tell(state) {
    const chip = byId('connection');
    chip.dataset.state = {connected: 'kept', disconnected: 'broken'}[state] || 'wait';
    chip.textContent = state;
  },

  complain(text) {
    byId('problem').hidden = !text;
    set('problem', text);
  },

  // choose shows the wanted video of the room.
  choose() {
    const {from, track: name, quality} = this.config;
    let wanted = null, publisher = '';
    for (const participant of this.room.remoteParticipants.values()) {
      if (from && participant.identity !== from) continue;
      for (const publication of participant.videoTrackPublications.values()) {
        if (wanted || !publication.track || name && publication.trackName !== name) continue;
        wanted = publication;
        publisher = participant.identity;
      }
    }
    if (wanted?.track !== this.track) {
      this.track?.detach(byId('video'));
      this.measurer.reset();
      this.track = wanted?.track || null;
      this.track?.attach(byId('video'));
      this.publisher = publisher;
      this.forget();
    }
    if (wanted && quality) {
      wanted.setVideoQuality({low: 0, medium: 1, high: 2}[quality]);
    }
    this.publication = wanted;
    this.cover();
  },

  // cover says over the video why there is none.
  cover() {
    let text = '';
    if (this.room?.state !== 'connected') {
      text = this.why ? `No connection to the room: ${this.why}` : 'No connection to the room';
    } else if (!this.track) text = 'Waiting for a video';
    else if (this.publication.isMuted) text = 'Paused by the publisher';
    else if (!byId('video').videoWidth) text = 'Waiting for the first frame';
    byId('cover').hidden = !text;
    if (text) set('cover', text);
  },

  // listen receives the publisher's state.
  listen() {
    const events = new EventSource('events');
    events.onmessage = ({data}) => this.hear(JSON.parse(data));
    events.onerror = () => this.complain('gstpublish does not answer: it may have ended.');
  },

  // hear takes the publisher's state.
  hear(state) {
    this.state = state;
    for (const [name, on] of Object.entries(state.switches || {})) {
      byId(`switch-${name}`)?.setAttribute('aria-pressed', on);
    }
    this.rested = this.rest.take(state.publisher);
    if (!state.publisher) return;
    this.complain('');
    set('publisher-note', '');
  },

  // forget forgets what another publisher has said.
  forget() {
    if (this.config.publisher) return;
    Object.assign(this, {state: null, rest: new Rest(), rested: null, silent: false, asked: -askAgain});
    byId('publisher').replaceChildren();
    byId('publisher-card').hidden = !this.track;
    set('publisher-note', 'Asking it …');
  },

  // ask asks the publisher for its statistics, which it sends to nobody unless asked.
  async ask() {
    const {publication, silent} = this, now = performance.now();
    if (this.config.publisher || !publication || this.asking || document.hidden || this.room.state !== 'connected' ||
      now - this.asked < (silent ? askAgain : askEvery)) return;
    this.asking = true;
    this.asked = now;
    try {
      const text = await this.room.localParticipant.performRpc({
        destinationIdentity: this.publisher, method: 'gstpublish.stats', payload: publication.trackSid,
      });
      if (publication !== this.publication) return;
      this.silent = false;
      this.hear({publisher: JSON.parse(text)});
    } catch (error) {
      if (publication !== this.publication) return;
      this.forget();
      this.silent = true;
      set('publisher-note', error.code === unknownMethod ?
        'Nothing: it is another program than gstpublish, or hides its statistics.' : 'It does not answer.');
    } finally {
      this.asking = false;
    }
  },

  addSwitches() {
    const keys = {};
    const add = (id, label, key, title, press) => {
      const button = document.createElement('button');
      const hint = document.createElement('kbd');
      hint.textContent = key.toUpperCase();
      Object.assign(button, {id, type: 'button', title, onclick: press});
      button.append(label, hint);
      button.setAttribute('aria-keyshortcuts', key);
      byId('switches').append(button);
      keys[key] = button;
      return button;
    };
    for (const {name, label, key, title} of this.config.switches) {
      const button = add(`switch-${name}`, label, key, title, () => this.turn(name));
      button.setAttribute('aria-pressed', 'false');
    }
    add('full', 'Full screen', 'f', 'Show the video alone', () => byId('video').requestFullscreen());
    document.addEventListener('keydown', (event) => {
      if (event.ctrlKey || event.altKey || event.metaKey || event.repeat) return;
      keys[event.key.toLowerCase()]?.click();
    });
  },

  async turn(name) {
    const on = byId(`switch-${name}`).getAttribute('aria-pressed') !== 'true';
    try {
      const answer = await fetch(`switch/${name}`, {method: 'POST', body: JSON.stringify({on})});
      if (!answer.ok) throw new Error(await answer.text());
      byId(`switch-${name}`).setAttribute('aria-pressed', on);
    } catch (error) {
      this.complain(`That failed: ${error.message}`);
    }
  },

  addPromises() {
    for (const [i, promise] of promises.entries()) {
      const item = document.createElement('li');
      item.id = `promise-${i}`;
      for (const [tag, kind, text] of [['span', 'mark', ''], ['span', 'name', promise.name], ['span', 'why', '']]) {
        const part = document.createElement(tag);
        part.className = kind;
        part.textContent = text;
        item.append(part);
      }
      byId('promises').append(item);
    }
  },

  // update measures, and writes everything.
  async update() {
    this.ask();
    this.measured = this.track ? await this.measurer.read(this.track).catch(() => null) : null;
    this.cover();
    this.tiles();
    this.keep();
    this.tables();
    this.plot();
  },

  tiles() {
    const m = this.measured, {measurer} = this, publisher = this.state?.publisher;
    set('size', m ? sizeOf(m.width, m.height) : '–');
    set('codec', m?.codec || '–');
    set('codec-note', m ? `${m.decodeTime.toFixed(1)} ms to decode` : '\u00a0');
    set('fps', m ? (m.fps < 10 ? m.fps.toFixed(1) : Math.round(m.fps)) : '–');
    set('rate', m ? whole(m.kbits) : '–');
    const latency = measurer.latency();
    if (latency !== null) {
      set('latency', latency);
      set('latency-note', 'ms from capture');
    } else if (m && m.buffer !== null && !this.config.pattern) {
      set('latency', Math.round(m.buffer + (m.rtt || 0) / 2));
      set('latency-note', 'ms from the server');
    } else {
      set('latency', '–');
      set('latency-note', this.config.pattern && m ? 'nothing new to time' : 'ms');
    }
    if (measurer.contrast !== null && m) {
      set('sharpness', `${Math.round(measurer.contrast * 100)} %`);
      set('sharpness-note', `of 1 px lines${m.quantizer === null ? '' : `, q ${Math.round(m.quantizer)}`}`);
    } else {
      set('sharpness', m && m.quantizer !== null ? `q ${Math.round(m.quantizer)}` : '–');
      set('sharpness-note', publisher?.screen?.sharp ? 'sharp' : 'lower is sharper');
    }
  },

  // keep writes the promises.
  keep() {
    const evidence = {
      publisher: this.state?.publisher, canStill: this.config.switches.length > 0, narrow: this.state?.switches?.narrow, rest: this.rested,
      seen: [...this.measurer.sizes], contrast: this.measurer.contrast, best: this.measurer.bestContrast,
      source: this.publication?.source, measured: this.measured,
    };
    for (const [i, promise] of promises.entries()) {
      const [state, why] = promise.check(evidence);
      const item = byId(`promise-${i}`);
      item.dataset.state = state;
      const [mark, , text] = item.children;
      mark.textContent = {kept: '✓', broken: '✕', wait: '…'}[state];
      mark.setAttribute('aria-label', {kept: 'kept', broken: 'broken', wait: 'no evidence yet'}[state]);
      mark.setAttribute('role', 'img');
      text.textContent = why;
    }
  },

  tables() {
    const p = this.state?.publisher, m = this.measured;
    if (p) {
      const n = p.network, dropped = Object.entries(p).filter(([key, count]) => key.startsWith('dropped_') && count > 0)
        .map(([key, count]) => `${key.slice(8).replaceAll('_', ' ')} ${whole(count)}`);
      this.table('publisher', {
        'State': p.idle || (p.screen?.exact ? 'exact' : p.screen?.sharp ? 'sharp' : 'sending'),
        'Encoder': p.encoder || 'none',
        'Captured, unchanged': `${whole(p.offered + p.unchanged)}, ${whole(p.unchanged)} frames`,
        'Sent': `${whole(p.frames)} frames, ${whole(p.key_frames)} key`,
        'Dropped': dropped.join(', ') || 'none',
        'Network carries': n.link_kbit_s ? `${n.link_bound} ${whole(n.link_kbit_s)} kbit/s` : 'unknown',
        'Round trip, loss': `${n.rtt_ms ? `${Math.ceil(n.rtt_ms)} ms` : 'unknown'}, ${n.loss_percent} %`,
        'In queues': `${whole(n.queue_ms)} ms`,
      });
    }
    this.table('browser', m ? {
      'Decoded': `${whole(m.decoded)} frames, ${whole(m.keys)} key`,
      'Dropped': `${whole(m.dropped)} frames`,
      'Packets lost': `${whole(m.lost)} of ${whole(m.packets + m.lost)}`,
      'Asked for': `${whole(m.plis)} key frames, ${whole(m.nacks)} packets`,
    } : {'Decoded': 'nothing yet'});
  },

  table(id, rows) {
    const list = byId(id);
    for (const [i, [name, value]] of Object.entries(rows).entries()) {
      let term = list.children[2 * i], text = list.children[2 * i + 1];
      if (!term) {
        term = list.appendChild(document.createElement('dt'));
        text = list.appendChild(document.createElement('dd'));
      }
      term.textContent = name;
      text.textContent = value;
    }
    while (list.children.length > 2 * Object.keys(rows).length) list.lastChild.remove();
  },

  // plot draws the bit rate of the last minute.
  plot() {
    const now = performance.now(), minute = 60000, width = 600, height = 110;
    if (this.measured) {
      this.history.push({at: now, received: this.measured.kbits, target: this.state?.publisher?.screen?.target_kbit_s || null});
    }
    this.history = this.history.filter(({at}) => at > now - minute);
    const most = Math.max(100, ...this.history.flatMap(({received, target}) => [received, target || 0]));
    const step = 10 ** Math.floor(Math.log10(most)), top = Math.ceil(most / step * 2) / 2 * step;
    const x = ({at}) => (width - (now - at) / minute * width).toFixed(1);
    const y = (value) => (height - value / top * (height - 2)).toFixed(1);
    const path = (key) => this.history.filter((s) => s[key] !== null)
      .map((s, i) => `${i ? 'L' : 'M'}${x(s)} ${y(s[key])}`).join('');
    const line = path('received');
    byId('received').setAttribute('d', line);
    byId('area').setAttribute('d', line && `${line}L${x(this.history.at(-1))} ${height}L${x(this.history[0])} ${height}Z`);
    byId('target').setAttribute('d', path('target'));
    byId('grid').setAttribute('d', `M0 2H${width}M0 ${height / 2 + 1}H${width}M0 ${height - 0.5}H${width}`);
    byId('target-key').hidden = !this.history.some(({target}) => target);
    set('top', whole(top));
    set('middle', whole(top / 2));
  },
};

page.start().catch((error) => page.complain(`The page does not work: ${error.message}`));
