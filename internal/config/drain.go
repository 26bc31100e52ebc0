package config

import (
	"net"
	"net/netip"
	"strconv"
	"time"

	"wshealthz/probe"
	"wshealthz/upgrade"
)

// A Drain is what a drain waits for.
type Drain struct {
	Wait     bool          // whether probe.DrainPath of the health listener waits
	Timeout  time.Duration // for the gateway
	Answers  int           // 503s that it must have had
	Sessions time.Duration // for the users after that; 0: they are not waited for
}

// drain judges the variables of a drain.
func (j *judge) drain() {
	d, c := &j.Drain, &j.config.Drain
	c.Wait = j.boolean(&d.Wait)
	if c.Wait && j.Path == probe.DrainPath {
		j.wrong(&j.Path, "be another path than "+probe.DrainPath+" (that is where WSHEALTHZ_DRAIN_WAIT lets hooks wait)")
	}
	c.Timeout = j.duration(&d.Timeout, 1, time.Hour, "be a duration above 0 and at most 1h, such as 20s")
	c.Sessions = j.duration(&d.Sessions, 0, 24*time.Hour, "be a duration of 0 or more and at most 24h, such as 10m")
	var err error
	if c.Answers, err = strconv.Atoi(d.Answers); err != nil || c.Answers < 1 {
		j.wrong(&d.Answers, "be a whole number above 0")
	}
}

// LoadAdmin judges WSHEALTHZ_ADMIN_LISTEN alone, and returns where this machine reaches the admin listener: each host:port is
// tried in turn.
func LoadAdmin() (addresses []string, faults []Fault) {
	e, _ := readEnvironment(nil)
	j := &judge{environment: e, variables: e.variables()}
	if e.AdminListen == "" {
		j.fault(&e.AdminListen, "is the empty string, so there is no admin listener; must be host:port, such as 127.0.0.1:10102")
		return nil, j.faults
	}
	port := j.address(&e.AdminListen)
	if len(j.faults) > 0 {
		return nil, j.faults
	}
	host, _, _ := net.SplitHostPort(e.AdminListen)
	ip, _ := netip.ParseAddr(host)
	switch {
	case port == "0":
		j.wrong(&e.AdminListen, "have the port that the admin listener was given")
	case isWildcard(host) || upgrade.IsLocalhost(host): // not by name: there may be no hosts file, and no resolver
		return []string{net.JoinHostPort("127.0.0.1", port), net.JoinHostPort("::1", port)}, nil
	case !ip.Unmap().IsLoopback():
		j.wrong(&e.AdminListen, "be an address of loopback, or all addresses, such as :10102 (only this machine may drain)")
	}
	return []string{net.JoinHostPort(host, port)}, j.faults
}
