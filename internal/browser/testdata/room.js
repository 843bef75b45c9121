// SPDX-FileCopyrightText: 2026 The gstpublish authors
// SPDX-License-Identifier: Apache-2.0

// A viewer in a LiveKit room: as much of its signalling as shows one track of video in the receiver of receive.js.
'use strict';

// fields reads a message of protocol buffers: numbers and texts by the number of their field.
function fields(bytes, from = 0, end = bytes.length) {
  const all = {};
  const number = () => {
    let n = 0;
    for (let factor = 1; ; factor *= 128) {
      const byte = bytes[from++];
      n += (byte & 127) * factor;
      if (byte < 128) return n;
    }
  };
  while (from < end) {
    const tag = number(), kind = tag & 7;
    let value = number();
    if (kind === 2) {
      value = bytes.subarray(from, from + value);
      from += value.length;
    } else if (kind !== 0) {
      break; // No message that is needed has others.
    }
    all[Math.floor(tag / 8)] = value;
  }
  return all;
}

// decode reads the two messages that are needed (livekit_rtc.proto: SignalResponse, SessionDescription, TrickleRequest).
function decode(bytes) {
  const {3: offer, 4: trickle} = fields(bytes);
  const text = (data) => new TextDecoder().decode(data);
  if (offer) {
    const {2: sdp, 3: id = 0} = fields(offer);
    return {offer: {sdp: text(sdp), id}};
  }
  if (trickle) {
    const {1: candidateInit, 2: target = 0} = fields(trickle);
    return {trickle: {candidateInit: text(candidateInit), target: target === 1 ? 'SUBSCRIBER' : 'PUBLISHER'}};
  }
  return {};
}

globalThis.room = {
  socket: null,
  early: [], // candidates that came before the offer

  // join resolves when the server answers us. It does so in JSON, as we speak; what it says before that is in protocol
  // buffers.
  async join(url, token) {
    receiver.connect({});
    receiver.pc.onicecandidate = ({candidate}) => {
      if (candidate) this.send({trickle: {candidateInit: JSON.stringify(candidate), target: 'SUBSCRIBER'}});
    };
    const query = new URLSearchParams({access_token: token, protocol: 15, sdk: 'js', auto_subscribe: 1});
    this.socket = new WebSocket(`${url}/rtc?${query}`);
    this.socket.binaryType = 'arraybuffer';
    await new Promise((resolve, reject) => {
      this.socket.onopen = () => this.send({ping: `${Date.now()}`});
      this.socket.onerror = () => reject(new Error('the server refused'));
      this.socket.onmessage = ({data}) => {
        const message = typeof data === 'string' ? JSON.parse(data) : decode(new Uint8Array(data));
        if (message.pong) resolve();
        this.serve = this.serve.then(() => this.handle(message));
      };
    });
  },

  // serve is done when all messages are, which are handled one after the other.
  serve: Promise.resolve(),

  send(message) {
    this.socket.send(JSON.stringify(message));
  },

  async handle({offer, trickle}) {
    const pc = receiver.pc;
    if (offer) {
      await pc.setRemoteDescription({type: 'offer', sdp: offer.sdp});
      await pc.setLocalDescription();
      this.send({answer: {type: 'answer', sdp: pc.localDescription.sdp, id: offer.id}});
    }
    if (trickle && trickle.target === 'SUBSCRIBER') this.early.push(JSON.parse(trickle.candidateInit));
    while (pc.remoteDescription && this.early.length) await pc.addIceCandidate(this.early.shift());
  },

  // want asks for a quality of a track: LOW, MEDIUM or HIGH.
  want(sid, quality) {
    this.send({trackSetting: {trackSids: [sid], quality}});
  },
};
