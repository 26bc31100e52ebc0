package probe

import (
	"fmt"
	"net"
	"net/http"
	"net/netip"
	"strconv"
	"strings"
	"time"
)

// shownCallers bounds the table: the rest is in /status.
const shownCallers = 32

// An askersView is who asks, and what it means when it is not a gateway.
type askersView struct {
	Rows []askerView
	More int // callers that are not shown
	// Asking is why nobody seems to ask as a gateway would: never, starting, stopped, wrong, local, kubelet; "" is fine.
	Asking   string
	Last     string // when the last one asked
	Path     string // what a gateway must ask for, and where
	Port     string
	Protocol string
	Loopback bool // the health listener is on loopback alone
}

// An askerView is one row.
type askerView struct {
	Address, Agent, Host, Path string
	AgentNote                  string // who sends such a User-Agent
	Every                      string
	Requests                   string
	Answer                     int
	Fault                      string // what is wrong with what it asks for
	Seen                       string
	Old                        bool
}

func (a *admin) viewAskers(s Status) askersView {
	address := a.Health.Addr().String()
	host, port, _ := net.SplitHostPort(address)
	v := askersView{
		Asking: asking(s), Path: own(a.Path), Port: port, Protocol: "http",
		Loopback: isLocal(address) || strings.HasPrefix(host, "127."),
		More:     max(0, len(s.Callers)-shownCallers),
	}
	if a.Certificate != nil {
		v.Protocol = "https"
	}
	if s.LastCaller != nil {
		v.Last = ago(s.Now, *s.LastCaller)
	}
	for _, c := range s.Callers[:len(s.Callers)-v.More] {
		v.Rows = append(v.Rows, viewAsker(s.Now, c, v.Path))
	}
	return v
}

func viewAsker(now time.Time, c Asker, path string) askerView {
	row := askerView{
		Address: outside(c.Address), Agent: outside(c.UserAgent), AgentNote: sender(c.UserAgent), Host: outside(c.Host),
		Path: outside(c.Path), Every: "once", Requests: strconv.FormatUint(c.Requests, 10), Answer: c.Answer,
		Seen: ago(now, c.Last), Old: now.Sub(c.Last) >= old,
	}
	if c.Requests > 1 {
		row.Every = "every " + brief(c.Every)
	}
	switch c.Answer {
	case http.StatusNotFound:
		row.Fault = "wrong path: it is " + path + ", to the letter"
	case http.StatusMethodNotAllowed:
		row.Fault = "wrong method: only GET and HEAD are answered"
	}
	return row
}

// sender is who is known for a User-Agent.
func sender(agent string) string {
	switch {
	case agent == "":
		return "no User-Agent, as Application Gateway sends"
	case strings.HasPrefix(agent, kubelet):
		return "the kubelet"
	case strings.HasPrefix(agent, "Microsoft-Azure-Application-LB/"):
		return "Application Gateway for Containers"
	case strings.HasPrefix(agent, "ELB-HealthChecker/"):
		return "an AWS load balancer"
	case strings.HasPrefix(agent, "GoogleHC/"):
		return "a Google load balancer"
	}
	return ""
}

const kubelet = "kube-probe/"

// asking says whether somebody asks as a gateway would, and if not, what is there instead.
func asking(s Status) string {
	switch {
	case s.Draining:
		return ""
	case s.LastCaller == nil && s.Now.Sub(s.Started) < old:
		return "starting"
	case s.LastCaller == nil:
		return "never"
	case s.Now.Sub(*s.LastCaller) >= old:
		return "stopped"
	}
	var right, far, gateways int
	for _, c := range s.Callers {
		if s.Now.Sub(c.Last) >= old || c.Answer == http.StatusNotFound || c.Answer == http.StatusMethodNotAllowed {
			continue
		}
		right++
		if from, err := netip.ParseAddr(c.Address); err == nil && from.IsLoopback() {
			continue
		}
		far++
		if !strings.HasPrefix(c.UserAgent, kubelet) {
			gateways++
		}
	}
	switch {
	case right == 0:
		return "wrong"
	case far == 0:
		return "local"
	case gateways == 0:
		return "kubelet"
	}
	return ""
}

// Where is where a gateway must ask.
func (v askersView) Where() string {
	return fmt.Sprintf("%s on port %s, path %s", v.Protocol, v.Port, v.Path)
}
