package admin

import (
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"time"

	"wshealthz/internal/doctor"
	"wshealthz/probe"
)

// maxCallerRows bounds the table: the other callers are in /status.
const maxCallerRows = 32

// A callersView is who calls, and what it means when no gateway does.
type callersView struct {
	Rows    []callerView
	More    int // callers that are not shown
	Problem callersProblem
	Last    string // when the last one asked
	Gateway doctor.Gateway
	Path    string // that a gateway must ask for
}

// A callerView is one row.
type callerView struct {
	Address, Agent, Host, Path string
	Sender                     string // who is known to send such a User-Agent
	Every                      string
	Requests                   string
	Answer                     string // the status, or "none"
	Fault                      string // what is wrong with the request
	Seen                       string
	Old                        bool
}

func newCallersView(s *snapshot) callersView {
	v := callersView{
		Problem: callersProblemOf(s), Gateway: s.Gateway, Path: escapeConfig(s.Gateway.Path), More: max(0, len(s.callers)-maxCallerRows),
	}
	if !s.lastCaller.IsZero() {
		v.Last = ago(s.now, s.lastCaller)
	}
	for _, c := range s.callers[:len(s.callers)-v.More] {
		v.Rows = append(v.Rows, newCallerView(s.now, c, v.Path))
	}
	return v
}

func newCallerView(now time.Time, c probe.Caller, path string) callerView {
	row := callerView{
		Address: c.Address.String(), Agent: escapeUntrusted(c.UserAgent), Sender: senderOf(c), Host: escapeUntrusted(c.Host),
		Path: escapeUntrusted(c.Path), Every: "once", Requests: strconv.FormatUint(c.Requests, 10), Answer: strconv.Itoa(c.Status),
		Seen: ago(now, c.Last), Old: now.Sub(c.Last) >= old,
	}
	if c.Requests > 1 {
		row.Every = "every " + brief(c.Every())
	}
	switch {
	case c.Status == http.StatusNotFound:
		row.Fault = "wrong path: it must be exactly " + path
	case c.Status == http.StatusMethodNotAllowed:
		row.Fault = "wrong method: only GET and HEAD are answered"
	case c.Status == 0:
		row.Answer, row.Fault = "none", c.Wrong
	case c.Wrong != "":
		row.Fault = c.Wrong
	}
	return row
}

// senderOf returns who is known for a caller's User-Agent.
func senderOf(c probe.Caller) string {
	switch {
	case c.Wrong != "": // the User-Agent may be what could not be read
	case c.UserAgent == "":
		return "no User-Agent, like Application Gateway"
	case c.IsKubelet():
		return "the kubelet"
	case strings.HasPrefix(c.UserAgent, "Microsoft-Azure-Application-LB/"):
		return "Application Gateway for Containers"
	case strings.HasPrefix(c.UserAgent, "ELB-HealthChecker/"):
		return "an AWS load balancer"
	case strings.HasPrefix(c.UserAgent, "GoogleHC/"):
		return "a Google load balancer"
	}
	return ""
}

// A callersProblem is why no gateway seems to call.
type callersProblem string

const (
	noProblem   callersProblem = ""
	starting    callersProblem = "starting" // nobody yet, and the start was a moment ago
	neverAsked  callersProblem = "never"
	stopped     callersProblem = "stopped" // nobody any more
	wrong       callersProblem = "wrong"   // a wrong path or method only
	onlyLocal   callersProblem = "local"
	onlyKubelet callersProblem = "kubelet"
)

// callersProblemOf reports whether somebody asks as a gateway would, and if not, what there is instead.
func callersProblemOf(s *snapshot) callersProblem {
	switch {
	case s.draining:
		return noProblem
	case s.lastCaller.IsZero() && s.now.Sub(s.started) < old:
		return starting
	case s.lastCaller.IsZero():
		return neverAsked
	case s.now.Sub(s.lastCaller) >= old:
		return stopped
	}
	var right, remote, gateways int
	for _, c := range s.callers {
		if s.now.Sub(c.Last) >= old || !c.GotVerdict() {
			continue
		}
		right++
		if c.Address.IsLoopback() {
			continue
		}
		remote++
		if !c.IsKubelet() {
			gateways++
		}
	}
	switch {
	case right == 0:
		return wrong
	case remote == 0:
		return onlyLocal
	case gateways == 0:
		return onlyKubelet
	}
	return noProblem
}

// Where returns where a gateway must ask.
func (v callersView) Where() string {
	return fmt.Sprintf("%s on port %d, path %s", v.Gateway.Protocol(), v.Gateway.Port, v.Path)
}
