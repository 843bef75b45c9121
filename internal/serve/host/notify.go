// SPDX-FileCopyrightText: 2026 The gstpublish authors
// SPDX-License-Identifier: Apache-2.0

package host

import (
	"fmt"
	"time"

	"github.com/coreos/go-systemd/v22/daemon"

	"github.com/gstpublish/gstpublish/internal/serve"
)

// notifier tells systemd how the service is, if it was started by systemd with Type=notify.
type notifier struct {
	host   *Host
	ticker *time.Ticker // nil without a watchdog
}

func newNotifier(h *Host) *notifier {
	n := &notifier{host: h}
	if limit, err := daemon.SdWatchdogEnabled(false); err == nil && limit > 0 {
		n.ticker = time.NewTicker(limit / 2)
	}
	return n
}

func (n *notifier) send(state string) {
	if _, err := daemon.SdNotify(false, state); err != nil {
		n.host.o.Logger.Warn("systemd cannot be notified", "err", err)
	}
}

func (n *notifier) ready()     { n.send(daemon.SdNotifyReady) }
func (n *notifier) reloading() { n.send(daemon.SdNotifyReloading) }
func (n *notifier) stopping() {
	if n.ticker != nil {
		n.ticker.Stop()
	}
	n.send(daemon.SdNotifyStopping)
}

// due returns a channel that receives when the watchdog is to be fed; nil without one.
func (n *notifier) due() <-chan time.Time {
	if n.ticker == nil {
		return nil
	}
	return n.ticker.C
}

// feed feeds the watchdog if of each publication media flows, or why it does not is known.
func (n *notifier) feed() {
	ready, all, explained := 0, 0, true
	for _, s := range n.host.Statuses() {
		all++
		if s.State.Ready() {
			ready++
		}
		explained = explained && serve.State.Explained(s.State, s.Idle)
	}
	n.send(fmt.Sprintf("STATUS=%d of %d publications are ready", ready, all))
	if explained {
		n.send(daemon.SdNotifyWatchdog)
	}
}
