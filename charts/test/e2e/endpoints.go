package main

import (
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"time"
)

// Endpoints are the fields of v1.Endpoints that AGIC reads. A pod is in them from when it has an address until it is deleted.
type endpoints struct {
	Subsets []struct {
		Addresses, NotReadyAddresses []struct{ IP string }
	}
}

// addresses returns the addresses of all pods: AGIC also takes those that are not ready.
func (e *endpoints) addresses() (list []string) {
	for _, subset := range e.Subsets {
		for _, address := range slices.Concat(subset.Addresses, subset.NotReadyAddresses) {
			list = append(list, address.IP)
		}
	}
	slices.Sort(list)
	return slices.Compact(list)
}

// A change is what the Endpoints became at a time.
type change struct {
	at        time.Time
	addresses []string
}

// watchEndpoints calls set with the addresses of a Service's pods, each time a while after they have changed. It never returns.
func watchEndpoints(service string, late time.Duration, set func(addresses []string)) {
	changes := make(chan change, 1000)
	go func() {
		for {
			err := readEndpoints(service, changes)
			log.Printf("watching the Endpoints of %s: %v", service, err)
			time.Sleep(time.Second) // between attempts
		}
	}()
	for change := range changes {
		time.Sleep(time.Until(change.at.Add(late)))
		set(change.addresses)
	}
}

// readEndpoints sends the Endpoints of a Service as they are and whenever they change, until the API server ends the watch. The
// pod's ServiceAccount must be allowed to watch them.
func readEndpoints(service string, changes chan<- change) error {
	const account = "/var/run/secrets/kubernetes.io/serviceaccount"
	var files [3][]byte
	for i, name := range []string{"token", "namespace", "ca.crt"} {
		var err error
		if files[i], err = os.ReadFile(filepath.Join(account, name)); err != nil {
			return err
		}
	}
	token, namespace, authorities := string(files[0]), string(files[1]), x509.NewCertPool()
	authorities.AppendCertsFromPEM(files[2])
	from := url.URL{
		Scheme:   "https",
		Host:     net.JoinHostPort(os.Getenv("KUBERNETES_SERVICE_HOST"), os.Getenv("KUBERNETES_SERVICE_PORT")),
		Path:     "/api/v1/namespaces/" + namespace + "/endpoints",
		RawQuery: url.Values{"watch": {"true"}, "resourceVersion": {"0"}, "fieldSelector": {"metadata.name=" + service}}.Encode(),
	}
	client := http.Client{Transport: &http.Transport{TLSClientConfig: &tls.Config{RootCAs: authorities}}}
	response, err := client.Do(&http.Request{Method: http.MethodGet, URL: &from, Header: http.Header{"Authorization": {"Bearer " + token}}})
	if err != nil {
		return err
	}
	defer response.Body.Close()
	if response.StatusCode != http.StatusOK {
		body, _ := io.ReadAll(io.LimitReader(response.Body, 512))
		return fmt.Errorf("%s: %s", response.Status, body)
	}
	events := json.NewDecoder(response.Body)
	for {
		var event struct {
			Type   string
			Object struct {
				endpoints
				Message string
			}
		}
		if err := events.Decode(&event); err != nil {
			return err
		}
		if event.Type == "ERROR" {
			return errors.New(event.Object.Message)
		}
		changes <- change{time.Now(), event.Object.addresses()}
	}
}
