// SPDX-FileCopyrightText: 2026 The gstpublish authors
// SPDX-License-Identifier: Apache-2.0

// A page that shows the video of a peer, and hands back the pictures that it shows.
'use strict';

globalThis.receiver = {
  pc: null,
  video: null,
  canvas: new OffscreenCanvas(1, 1),
  // shown are the pictures that were shown, of watch.
  shown: [],

  // expose has the statistics tell the decoder's name, which they do for pages that may use a camera: a fake one.
  async expose() {
    await navigator.mediaDevices.getUserMedia({video: true});
  },

  // connect makes the peer connection, and what shows its video.
  connect(configuration) {
    this.pc = new RTCPeerConnection(configuration);
    this.video = document.createElement('video');
    this.video.muted = this.video.autoplay = this.video.playsInline = true;
    document.body.append(this.video);
    this.pc.ontrack = (event) => {
      if (event.track.kind === 'video') this.video.srcObject = new MediaStream([event.track]);
    };
    this.watch();
  },

  // answer answers an offer, with all candidates in it.
  async answer(offer) {
    this.connect({});
    await this.pc.setRemoteDescription({type: 'offer', sdp: offer});
    await this.pc.setLocalDescription();
    while (this.pc.iceGatheringState !== 'complete') {
      await new Promise((resolve) => this.pc.addEventListener('icegatheringstatechange', resolve, {once: true}));
    }
    return this.pc.localDescription.sdp;
  },

  // watch keeps a small copy of each picture that is shown, from now on. If the test falls behind in fetching them, the
  // page doesn't: more than 60 pictures are not kept.
  watch() {
    this.video.requestVideoFrameCallback(() => {
      this.watch();
      const picture = this.shown.length < 60 && this.read(160, 96);
      // Before the element has data, nothing is drawn.
      if (picture) this.shown.push(picture);
    });
  },

  // read is the picture that is shown now, at that size, by default its own; null if there is none. Its pixels are RGBA,
  // in base64. The element's own videoWidth and videoHeight may be those of the picture before.
  read(width = 0, height = 0) {
    if (this.video.readyState < HTMLMediaElement.HAVE_CURRENT_DATA) return null;
    const frame = new VideoFrame(this.video, {timestamp: 0});
    const {displayWidth: videoWidth, displayHeight: videoHeight} = frame;
    width ||= videoWidth;
    height ||= videoHeight;
    Object.assign(this.canvas, {width, height});
    const context = this.canvas.getContext('2d', {willReadFrequently: true});
    context.drawImage(frame, 0, 0, width, height);
    frame.close();
    const {data} = context.getImageData(0, 0, width, height);
    let pixels = '';
    const step = 3 << 13; // of whole groups of three bytes, and few enough for arguments
    for (let i = 0; i < data.length; i += step) {
      pixels += btoa(String.fromCharCode(...data.subarray(i, i + step)));
    }
    return {width, height, pixels, videoWidth, videoHeight};
  },

  // stats is the one report of received video; null before there is one.
  async stats() {
    for (const report of (await this.pc.getStats()).values()) {
      if (report.type === 'inbound-rtp' && report.kind === 'video') return report;
    }
    return null;
  },

  // codec is the report of the codec of received video; null before there is one.
  async codec() {
    const {codecId} = await this.stats() || {};
    return codecId ? (await this.pc.getStats()).get(codecId) : null;
  },
};
