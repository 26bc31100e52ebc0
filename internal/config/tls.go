package config

import (
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"strings"
)

const pairContent = "a PEM certificate and its key"

// tls judges the variables of wss:// and reads their files.
func (j *judge) tls() {
	t := &j.TLS
	skip := j.boolean(&t.SkipVerify)
	u := j.config.Target.URL
	if u != nil && u.Scheme == "ws" {
		j.needlessTLS(skip)
		return
	}
	if skip && t.CAFile != "" {
		j.wrong(&t.SkipVerify, "be false when "+j.variable(&t.CAFile).Name+" is set")
	}
	if skip && t.ServerName != "" {
		j.wrong(&t.SkipVerify, fmt.Sprintf("be false when %s is set (to ask for a name without verifying it, put it in %s and where to dial in %s)",
			j.variable(&t.ServerName).Name, j.variable(&j.Target).Name, j.variable(&j.Address).Name))
	}
	if t.ServerName != "" && !isHostname(t.ServerName) {
		j.wrong(&t.ServerName, "be a host name or an IP address")
	}
	roots := reloadTLS(j, "PEM certificates", parseRoots, &t.CAFile)
	var own *reloader[*tls.Certificate]
	if j.pair(&t.CertFile, &t.KeyFile) {
		own = reloadTLS(j, pairContent, parsePair, &t.CertFile, &t.KeyFile)
	}
	if u != nil {
		name := t.ServerName
		if name == "" {
			name = u.Hostname()
		}
		j.config.Target.TLS = clientTLS(name, skip, roots, own)
	}
}

// clientTLS returns the configuration for each probe, made with the files as they are then.
func clientTLS(name string, skip bool, roots *reloader[*x509.CertPool], own *reloader[*tls.Certificate]) func() *tls.Config {
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

// cipherSuites returns Go's own for TLS 1.2 and the RSA key exchange that Go left out in 1.22: browsers and Node still
// offer it, and a server that has nothing else serves them.
func cipherSuites() (ids []uint16) {
	for _, suite := range tls.CipherSuites() {
		ids = append(ids, suite.ID)
	}
	return append(ids, tls.TLS_RSA_WITH_AES_128_GCM_SHA256, tls.TLS_RSA_WITH_AES_256_GCM_SHA384,
		tls.TLS_RSA_WITH_AES_128_CBC_SHA, tls.TLS_RSA_WITH_AES_256_CBC_SHA)
}

// needlessTLS refuses the variables of wss:// where they would do nothing.
func (j *judge) needlessTLS(skip bool) {
	const must = "come with a wss:// target, or be unset"
	t := &j.TLS
	for _, field := range []*string{&t.CAFile, &t.ServerName, &t.CertFile, &t.KeyFile} {
		j.unset(field, must)
	}
	if skip {
		j.wrong(&t.SkipVerify, must)
	}
}

// pair reports whether a certificate and its key are both set or both unset; one without the other is a fault.
func (j *judge) pair(cert, key *string) bool {
	if *cert == "" && *key != "" {
		j.wrong(key, "come with "+j.variable(cert).Name)
	}
	if *cert != "" && *key == "" {
		j.wrong(cert, "come with "+j.variable(key).Name)
	}
	return (*cert == "") == (*key == "")
}

// serveTLS judges the certificate of the health listener.
func (j *judge) serveTLS() {
	s := &j.Serve
	if !j.pair(&s.CertFile, &s.KeyFile) {
		return
	}
	if own := reloadTLS(j, pairContent, parsePair, &s.CertFile, &s.KeyFile); own != nil {
		j.config.Certificate = func() (*tls.Certificate, error) { return own.get(), nil }
	}
}

// reloadTLS returns a reloader for certificate files; nil when they are unset or bad.
func reloadTLS[T any](j *judge, content string, parse func([][]byte) (T, error), fields ...*string) *reloader[T] {
	if *fields[0] == "" {
		return nil
	}
	var variables []*Variable
	var names, paths []string
	for _, field := range fields {
		v := j.variable(field)
		variables, names, paths = append(variables, v), append(names, v.Name), append(paths, v.shown())
	}
	files, err := newReloader(j.config, variables, parse)
	if err != nil {
		j.faults = append(j.faults, Fault{strings.Join(names, ", "), fmt.Sprintf("is %q (%v), must be readable with %s", paths, err, content)})
		return nil
	}
	return files
}

func parsePair(contents [][]byte) (*tls.Certificate, error) {
	pair, err := tls.X509KeyPair(contents[0], contents[1])
	return &pair, err
}
