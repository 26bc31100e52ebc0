package main

import (
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"strings"
)

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
