//go:build e2e

package charts

import (
	"bufio"
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os/exec"
	"slices"
	"strings"
	"sync"
	"time"

	corev1 "k8s.io/api/core/v1"
)

// A balancer is a pod that plays one instance of the gateway, with its URL for clients.
type balancer struct{ pod, url string }

// startBalancers starts two instances of a gateway, which go by the Endpoints of websocket-server and a probe.
func (c *cluster) startBalancers(p agicProbe, late time.Duration) (balancers []balancer) {
	c.Helper()
	c.apply(`apiVersion: v1
kind: ServiceAccount
metadata: {name: balancer}
---
apiVersion: rbac.authorization.k8s.io/v1
kind: Role
metadata: {name: balancer}
rules: [{apiGroups: [""], resources: [endpoints], verbs: [list, watch]}]
---
apiVersion: rbac.authorization.k8s.io/v1
kind: RoleBinding
metadata: {name: balancer}
roleRef: {apiGroup: rbac.authorization.k8s.io, kind: Role, name: balancer}
subjects: [{kind: ServiceAccount, name: balancer}]`)
	args := []string{"balance", "-service", demoDeployment, "-scheme", strings.ToLower(p.protocol), "-host", p.host, "-port", fmt.Sprint(p.port), "-path", p.path,
		"-codes", cmp.Or(p.codes, "200-399"), "-interval", fmt.Sprintf("%ds", p.interval), "-timeout", fmt.Sprintf("%ds", p.timeout), "-threshold", fmt.Sprint(p.bad),
		"-late", late.String()}
	for i := range 2 {
		name := fmt.Sprintf("balancer-%d", i)
		c.apply(fmt.Sprintf(`apiVersion: v1
kind: Pod
metadata: {name: %s}
spec:
  serviceAccountName: balancer
  terminationGracePeriodSeconds: 1
  securityContext: {runAsNonRoot: true, seccompProfile: {type: RuntimeDefault}}
  containers:
    - {name: balancer, image: %q, args: ["%s"], securityContext: {allowPrivilegeEscalation: false, capabilities: {drop: [ALL]}}}
`, name, e2eImage, strings.Join(args, `", "`)))
		c.kubectl("wait", "--for=condition=Ready", "pod/"+name, "--timeout=120s")
		address := c.kubectl("get", "pod", name, "--output=jsonpath={.status.podIP}")
		balancers = append(balancers, balancer{name, "ws://" + address + ":8080/"})
	}
	return balancers
}

// untilPlaced waits until all balancers have the present pods and no others, and all of them healthy.
func (c *cluster) untilPlaced(balancers []balancer) {
	c.Helper()
	for _, b := range balancers {
		c.until(b.pod, patience, func() error {
			var want []string
			for _, pod := range c.pods(demo) {
				want = append(want, pod.Status.PodIP+"=healthy")
			}
			slices.Sort(want)
			log := c.kubectl("logs", b.pod)
			_, last, _ := strings.Cut(log[max(strings.LastIndex(log, "backends:"), 0):], ": ")
			if last, _, _ = strings.Cut(last, "\n"); last != strings.Join(want, " ") {
				return fmt.Errorf("the backends are %q, want %q", last, want)
			}
			return nil
		})
	}
}

// A clientsReport is what /e2e clients reports.
type clientsReport struct {
	Served, Left, Away int
	Refused, Cut       []clientLoss
}

type clientLoss struct {
	At       time.Time
	URL, Why string
}

// logLosses logs losses, those for the same reason in one line.
func (c *cluster) logLosses(what string, losses []clientLoss, since time.Time) {
	c.Helper()
	by := map[string][]clientLoss{}
	for _, loss := range losses {
		by[loss.Why] = append(by[loss.Why], loss)
	}
	for why, list := range by {
		first, last := list[0].At.Sub(since), list[len(list)-1].At.Sub(since)
		c.Logf("%d %s from %.1f s to %.1f s after the rollout began: %s", len(list), what, first.Seconds(), last.Seconds(), why)
	}
}

func (r *clientsReport) add(other clientsReport) {
	r.Served, r.Left, r.Away = r.Served+other.Served, r.Left+other.Left, r.Away+other.Away
	r.Refused, r.Cut = append(r.Refused, other.Refused...), append(r.Cut, other.Cut...)
}

// clients are WebSocket clients that come and go, in the pod "gateway".
type clients struct {
	*cluster
	stdin  io.Closer
	stdout *bufio.Reader
	cmd    *exec.Cmd
}

// startClients starts clients of all balancers, and waits until as many are connected as will be. flags are those of /e2e clients.
func (c *cluster) startClients(balancers []balancer, flags ...string) *clients {
	c.Helper()
	args := append([]string{"--namespace", c.namespace, "exec", "--stdin", "gateway", "--", "/e2e", "clients"}, flags...)
	for _, b := range balancers {
		args = append(args, b.url)
	}
	ctx, cancel := context.WithTimeout(c.Context(), 4*patience)
	c.Cleanup(cancel)
	cmd := exec.CommandContext(ctx, "kubectl", args...)
	stdin, err := cmd.StdinPipe()
	if err != nil {
		c.Fatal(err)
	}
	stdout, err := cmd.StdoutPipe()
	if err != nil {
		c.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		c.Fatal(err)
	}
	all := &clients{c, stdin, bufio.NewReader(stdout), cmd}
	if line, err := all.stdout.ReadString('\n'); line != "full\n" {
		c.Fatalf("the clients print %q (%v)", line, err)
	}
	return all
}

// stop has the clients leave, and returns what became of them.
func (c *clients) stop() (report clientsReport) {
	c.Helper()
	c.stdin.Close()
	text, err := io.ReadAll(c.stdout)
	if err = cmp.Or(err, c.cmd.Wait(), json.Unmarshal(text, &report)); err != nil {
		c.Fatalf("the clients report %s (%v)", text, err)
	}
	return report
}

// podEnds holds when pods were deleted, and when they were gone.
type podEnds struct {
	mu            sync.Mutex
	deleted, gone map[string]time.Time
}

// of returns how long a pod took to end, or 0 as long as it is there.
func (e *podEnds) of(pod string) time.Duration {
	e.mu.Lock()
	defer e.mu.Unlock()
	if gone, ok := e.gone[pod]; ok {
		return gone.Sub(e.deleted[pod])
	}
	return 0
}

// watchEnds watches the pods of the namespace until the test ends.
func (c *cluster) watchEnds() *podEnds {
	c.Helper()
	cmd := exec.CommandContext(c.Context(), "kubectl", "--namespace", c.namespace, "get", "pods", "--watch", "--output-watch-events", "--output=json")
	stdout, err := cmd.StdoutPipe()
	if err != nil {
		c.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		c.Fatal(err)
	}
	ends := &podEnds{deleted: map[string]time.Time{}, gone: map[string]time.Time{}}
	first, done := make(chan struct{}), make(chan struct{})
	c.Cleanup(func() { <-done })
	go func() {
		defer close(done)
		defer cmd.Wait()
		var signal sync.Once
		for events := json.NewDecoder(stdout); ; {
			var event struct {
				Type   string
				Object corev1.Pod
			}
			if events.Decode(&event) != nil {
				return
			}
			ends.mu.Lock()
			if _, known := ends.deleted[event.Object.Name]; !known && event.Object.DeletionTimestamp != nil {
				ends.deleted[event.Object.Name] = time.Now()
			}
			if event.Type == "DELETED" {
				ends.gone[event.Object.Name] = time.Now()
			}
			ends.mu.Unlock()
			signal.Do(func() { close(first) })
		}
	}()
	select {
	case <-first:
	case <-done:
		c.Fatal(errors.New("the watch of the pods has ended"))
	}
	return ends
}
