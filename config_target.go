package main

import (
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"net/url"
	"strconv"
	"strings"

	"wshealthz/upgrade"
)

// target judges the URL and the address that is dialed for it.
func (j *judge) target() {
	if j.config.target.Address = j.Address; j.Address != "" && !isHostname(j.Address) {
		j.wrong("ADDRESS", j.Address, "a host name or an IP address without a port (the port is the target's)")
	}
	const want = "a ws:// or wss:// URL such as ws://localhost:8888/ws"
	if j.Target == "" {
		j.fault(j.targetName, "is not set", want)
		return
	}
	shown := "holds " + shownURL(j.Target)
	u, err := url.Parse(j.Target)
	if err != nil || u.Scheme != "ws" && u.Scheme != "wss" || u.Hostname() == "" || !isHost(u.Host) {
		j.fault(j.targetName, shown, want)
		return
	}
	j.config.target.URL = u
	if u.User != nil {
		j.fault(j.targetName, shown+" with userinfo", "none: credentials belong into WSHEALTHZ_HEADERS_FILE as an Authorization line")
	}
	if strings.Contains(j.Target, "#") {
		j.fault(j.targetName, shown+" with a fragment", "none (RFC 6455 section 3), or %23 for a # that is meant")
	}
	if strings.ContainsFunc(u.RawQuery, func(r rune) bool { return r <= ' ' || r > '~' }) {
		j.fault(j.targetName, shown+" with a space or a letter beyond ASCII in the query", "it percent-encoded")
	}
	if port, err := strconv.ParseUint(j.config.target.Port(), 10, 16); err != nil || port == 0 {
		j.fault(j.targetName, shown, "a port of 1 to 65535")
	}
	j.notOurselves()
}

// isHostname says whether text is an IP address, IPv6 without brackets, or can be a host name.
func isHostname(text string) bool {
	_, err := netip.ParseAddr(text)
	return err == nil || isHost(text) && !strings.ContainsAny(text, ":[]%")
}

// notOurselves refuses a target on one of our own ports: a probe would ask us for what it is to find out.
func (j *judge) notOurselves() {
	host, _, _ := strings.Cut(j.config.target.DialHost(), "%") // a zone names no other machine
	ip := net.ParseIP(host)
	if !upgrade.IsLocalhost(host) && (ip == nil || !ip.IsLoopback() && !ip.IsUnspecified()) {
		return
	}
	target, _ := strconv.ParseUint(j.config.target.Port(), 10, 16)
	for _, own := range []struct{ name, address string }{{"LISTEN", j.Listen}, {"ADMIN_LISTEN", j.AdminListen}} {
		_, text, _ := net.SplitHostPort(own.address)
		if port, err := strconv.ParseUint(text, 10, 16); err == nil && port == target && port != 0 {
			j.fault(j.targetName, "holds "+shownURL(j.Target)+", wshealthz's own port", "the server's, or another port in "+prefix+own.name)
		}
	}
}

// tls judges the variables of wss:// and reads their files.
func (j *judge) tls() {
	t := j.environment.TLS
	skip := j.boolean("TLS_SKIP_VERIFY", t.SkipVerify)
	u := j.config.target.URL
	if u != nil && u.Scheme == "ws" {
		j.needless("a wss:// target beside it, or to be unset", skip)
		return
	}
	if skip && t.CAFile != "" {
		j.wrong("TLS_SKIP_VERIFY", t.SkipVerify, "false beside WSHEALTHZ_TLS_CA_FILE")
	}
	if skip && t.ServerName != "" {
		j.wrong("TLS_SKIP_VERIFY", t.SkipVerify, "false beside WSHEALTHZ_TLS_SERVER_NAME")
	}
	if t.ServerName != "" && !isHostname(t.ServerName) {
		j.wrong("TLS_SERVER_NAME", t.ServerName, "a host name or an IP address")
	}
	roots := watchTLS(j, "TLS_CA_FILE", "PEM certificates", []string{t.CAFile}, parseRoots)
	var own *watched[*tls.Certificate]
	if j.pair("TLS_CERT_FILE", t.CertFile, "TLS_KEY_FILE", t.KeyFile) {
		own = watchTLS(j, "TLS_CERT_FILE", "a PEM certificate and its key", []string{t.CertFile, t.KeyFile}, parsePair)
	}
	if u != nil {
		name := t.ServerName
		if name == "" {
			name = u.Hostname()
		}
		j.config.target.TLS = clientTLS(name, skip, roots, own)
	}
}

// clientTLS is the configuration for each probe, with the files as they are then.
func clientTLS(name string, skip bool, roots *watched[*x509.CertPool], own *watched[*tls.Certificate]) func() *tls.Config {
	base := &tls.Config{
		MinVersion:         tls.VersionTLS12,
		NextProtos:         []string{"http/1.1"},
		ServerName:         name,
		InsecureSkipVerify: skip,
		CipherSuites:       cipherSuites(),
	}
	return func() *tls.Config {
		config := base
		if roots != nil || own != nil {
			config = base.Clone()
		}
		if roots != nil {
			config.RootCAs = roots.get()
		}
		if own != nil {
			config.Certificates = []tls.Certificate{*own.get()}
		}
		return config
	}
}

// cipherSuites are Go's own for TLS 1.2 and the RSA key exchange that Go left out in 1.22: browsers and Node still
// offer it, and a server that has nothing else serves them.
func cipherSuites() (ids []uint16) {
	for _, suite := range tls.CipherSuites() {
		ids = append(ids, suite.ID)
	}
	return append(ids, tls.TLS_RSA_WITH_AES_128_GCM_SHA256, tls.TLS_RSA_WITH_AES_256_GCM_SHA384,
		tls.TLS_RSA_WITH_AES_128_CBC_SHA, tls.TLS_RSA_WITH_AES_256_CBC_SHA)
}

// needless refuses the variables of wss:// where they would do nothing.
func (j *judge) needless(want string, skip bool) {
	t := j.environment.TLS
	for _, v := range []struct{ name, value string }{
		{"TLS_CA_FILE", t.CAFile}, {"TLS_SERVER_NAME", t.ServerName}, {"TLS_CERT_FILE", t.CertFile}, {"TLS_KEY_FILE", t.KeyFile},
	} {
		if v.value != "" {
			j.wrong(v.name, v.value, want)
		}
	}
	if skip {
		j.wrong("TLS_SKIP_VERIFY", t.SkipVerify, want)
	}
}

// pair refuses a certificate without a key and a key without a certificate.
func (j *judge) pair(certName, cert, keyName, key string) bool {
	if cert == "" && key != "" {
		j.wrong(keyName, key, prefix+certName+" beside it")
	}
	if cert != "" && key == "" {
		j.wrong(certName, cert, prefix+keyName+" beside it")
	}
	return (cert == "") == (key == "")
}

// serve judges the certificate of the health listener.
func (j *judge) serve() {
	s := j.environment.Serve
	if s.CertFile == "" && s.KeyFile == "" || !j.pair("SERVE_CERT_FILE", s.CertFile, "SERVE_KEY_FILE", s.KeyFile) {
		return
	}
	if own := watchTLS(j, "SERVE_CERT_FILE", "a PEM certificate and its key", []string{s.CertFile, s.KeyFile}, parsePair); own != nil {
		j.config.certificate = func() (*tls.Certificate, error) { return own.get(), nil }
	}
}

// watchTLS watches files of certificates; nil when they are not set or bad.
func watchTLS[T any](j *judge, name, want string, paths []string, parse func([][]byte) (T, error)) *watched[T] {
	if paths[0] == "" {
		return nil
	}
	names := []string{prefix + name}
	if len(paths) > 1 {
		names = append(names, strings.Replace(names[0], "CERT", "KEY", 1))
	}
	files, err := watch(names, paths, j.config.log, parse)
	if err != nil {
		j.fault(strings.Join(names, ", "), fmt.Sprintf("hold %q: %v", paths, err), "readable files with "+want)
		return nil
	}
	return files
}

func parseRoots(contents [][]byte) (*x509.CertPool, error) {
	roots := x509.NewCertPool()
	if !roots.AppendCertsFromPEM(contents[0]) {
		return nil, errors.New("no PEM certificate in it")
	}
	return roots, nil
}

func parsePair(contents [][]byte) (*tls.Certificate, error) {
	pair, err := tls.X509KeyPair(contents[0], contents[1])
	return &pair, err
}
