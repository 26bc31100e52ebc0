package probe

import (
	"fmt"
	"strings"
	"time"

	"go.uber.org/zap"
)

const (
	spreadTime     = 5 * time.Second        // Kubernetes takes so long at most to tell everybody that an endpoint is gone
	watchInterval  = 100 * time.Millisecond // between two looks at the callers
	serverInterval = time.Second            // between two looks at the server's connections, which may be many
	serverShare    = 20                     // the same, in times of what the last one took
)

// A watch waits for what a drain waits for: first for the gateway, then for the users.
type watch struct {
	*Drain
	phase  *drainPhase
	ticker *time.Ticker

	server ServerView
	seen   bool      // whether there was anything of the server, in this drain
	due    time.Time // the next look at the server
	alone  int       // looks in a row that found nobody connected
}

// aloneLooks is how many of those it takes: the kernel may leave out a connection when its table changes while it is read.
const aloneLooks = 2

// watch waits, and then tells everybody who waits for the drain what came of it.
func (d *Drain) watch(p *drainPhase) {
	w := &watch{Drain: d, phase: p, ticker: time.NewTicker(watchInterval), server: p.server, seen: p.server.seen(), due: p.began.Add(serverInterval)}
	defer w.ticker.Stop()
	outcome, ok := w.gateway()
	if !ok {
		return
	}
	if d.Sessions > 0 {
		d.mu.Lock()
		p.gateway = outcome
		d.mu.Unlock()
		d.Log.Info("waiting for users", append(w.server.fields(), zap.String("outcome", outcome))...)
		users, ok := w.users()
		if !ok {
			return
		}
		outcome += "; " + users
	} else if w.server.Known {
		outcome += fmt.Sprintf("; %d connected", w.server.Connected)
	}
	d.finish(p, outcome, false, true, w.server.fields()...)
}

// next waits for the next look. It reports false when nothing is waited for any more.
func (w *watch) next() (now time.Time, ok bool) {
	select {
	case <-w.phase.over:
		return now, false
	case <-w.ticker.C:
	}
	if now = w.Callers.now(); !now.Before(w.due) {
		w.server = w.Server()
		end := w.Callers.now()
		w.due = now.Add(max(serverInterval, serverShare*end.Sub(now)))
		w.seen = w.seen || w.server.seen()
		w.server.Known = w.server.Known && w.seen
		if w.alone++; !w.server.Known || w.server.Connected > 0 {
			w.alone = 0
		}
	}
	return now, true
}

// gone reports whether the server listened when the drain began, and does not any more.
func (w *watch) gone() bool {
	return w.phase.server.Listening && w.server.Known && !w.server.Listening
}

// gateway waits until the gateway knows, its time is up, or there is nothing left to send anybody to. It reports false when the
// drain has ended.
func (w *watch) gateway() (outcome string, ok bool) {
	asked := false
	for {
		now, ok := w.next()
		if !ok {
			return "", false
		}
		waited := now.Sub(w.phase.began)
		after := " after " + waited.Round(watchInterval).String()
		counted, unaware := w.Callers.unaware(w.Answers)
		asked = asked || counted > 0
		switch {
		case w.gone():
			return "the server is gone" + after, true
		case waited >= spreadTime && counted == 0 && asked:
			return "the gateway stopped asking" + after, true
		case waited >= spreadTime && counted == 0:
			return "no gateway asks" + after, true
		case waited >= spreadTime && len(unaware) == 0:
			return fmt.Sprintf("the gateway knows%s (%s)", after, callersHad(counted, w.Answers)), true
		case waited >= w.Timeout:
			return "gave up on the gateway" + after + unawareText(unaware, w.Answers), true
		}
	}
}

func callersHad(counted, answers int) string {
	if counted == 1 {
		return fmt.Sprintf("1 caller had %d times 503", answers)
	}
	return fmt.Sprintf("%d callers had %d times 503 each", counted, answers)
}

// maxUnaware is how many callers are named.
const maxUnaware = 3

func unawareText(callers []Caller, answers int) string {
	var list []string
	for _, c := range callers[:min(len(callers), maxUnaware)] {
		list = append(list, fmt.Sprintf("%s had %d of %d times 503", c.Address, min(c.verdicts.unhealthy, uint64(answers)), answers))
	}
	if more := len(callers) - len(list); more > 0 {
		list = append(list, fmt.Sprintf("and %d more", more))
	}
	if len(list) == 0 {
		return ""
	}
	return " (" + strings.Join(list, ", ") + ")"
}

// users waits until nobody is connected to the server, or the time for that is up. Where that cannot be seen, it waits for as
// long as it may. It reports false when the drain has ended.
func (w *watch) users() (outcome string, ok bool) {
	began := w.Callers.now()
	for {
		now, ok := w.next()
		if !ok {
			return "", false
		}
		waited := now.Sub(began)
		more := waited.Round(watchInterval).String() + " more"
		switch {
		case w.alone >= aloneLooks:
			return "nobody is connected after " + more, true
		case waited < w.Sessions:
		case w.server.Known:
			return fmt.Sprintf("%d still connected after %s", w.server.Connected, more), true
		default:
			return "waited " + more + ", who is connected cannot be seen", true
		}
	}
}

// fields are the log's fields of a view.
func (v ServerView) fields() []zap.Field {
	if !v.Known {
		return nil
	}
	return []zap.Field{zap.Int("connected", v.Connected)}
}
