package charts

import (
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
)

const (
	webOn         = "{image: {repository: registry.example/server, tag: '1'}, wshealthz: {enabled: true, image: {repository: registry.example/wshealthz}}"
	injectorBlock = "{image: {repository: registry.example/wshealthz}}"
)

// TestCondition checks that an umbrella chart can leave out each chart with a condition, and that enabled false without one
// is refused rather than ignored.
func TestCondition(t *testing.T) {
	const web, inject = "{name: websocket-server, alias: web, condition: web.enabled}", "{name: wshealthz-injector, condition: wshealthz-injector.enabled}"
	eachHelm(t, func(t *testing.T, h helm) {
		for values, want := range map[string]bool{
			"web: " + webOn + ", enabled: false}\nwshealthz-injector: {enabled: false, wshealthz: " + injectorBlock + "}": false,
			"web: " + webOn + ", enabled: true}\nwshealthz-injector: {enabled: true, wshealthz: " + injectorBlock + "}":   true,
			"web: " + webOn + "}\nwshealthz-injector: {wshealthz: " + injectorBlock + "}":                                 true,
		} {
			if objects := mustRender(t, h, umbrella(t, values, web, inject), options{}); len(objects) > 0 != want || want && len(objects) < 7 {
				t.Errorf("%s: rendered %v, want objects: %v", values, objects, want)
			}
		}
		for _, d := range []string{"{name: websocket-server}", "{name: wshealthz-injector}"} {
			name := strings.Trim(strings.TrimPrefix(d, "{name:"), " }")
			_, err := render(t, h, umbrella(t, name+": {enabled: false, wshealthz: "+injectorBlock+"}", d), options{})
			if err == nil || !strings.Contains(err.Error(), "add condition: "+name+".enabled to the dependency") {
				t.Errorf("%s: got %v, want a refusal that names the condition", name, err)
			}
		}
	})
}

// guarded returns the chart of podFiles with a condition for the library, and its lines inside of the guard that the README
// shows.
func guarded(values string) map[string]string {
	files := podFiles()
	files["values.yaml"] = values
	files["Chart.yaml"] = strings.Replace(files["Chart.yaml"], "{name: wshealthz,", "{name: wshealthz, condition: wshealthz.enabled,", 1)
	files["templates/all.yaml"] = regexp.MustCompile(`{{- include "wshealthz[^}]*}}`).ReplaceAllString(files["templates/all.yaml"], "{{- if $$.Values.wshealthz.enabled }}$0{{ end }}")
	return files
}

// TestLibraryCondition checks that with a guard around its lines a chart can have a condition for the library. Without the
// guard Helm finds no template, because a chart that a condition leaves out is not there at all.
func TestLibraryCondition(t *testing.T) {
	eachHelm(t, func(t *testing.T, h helm) {
		on, err := renderText(t, h, tempChart(t, guarded(minimal)), options{})
		if err != nil {
			t.Fatal(err)
		}
		same, err := renderText(t, h, pod(t), options{values: minimal})
		if err != nil || on != same {
			t.Errorf("with a condition and a guard it renders\n%s\nwithout them\n%s (%v)", on, same, err)
		}
		off := merged(t, minimal, "wshealthz: {enabled: false}")
		if spec := one[*appsv1.Deployment](t, mustRender(t, h, tempChart(t, guarded(off)), options{})).Spec.Template.Spec; spec.InitContainers != nil || spec.Volumes != nil {
			t.Errorf("switched off, the pod is %+v", spec)
		}
		files := podFiles()
		files["Chart.yaml"], files["values.yaml"] = guarded(off)["Chart.yaml"], off
		if _, err := render(t, h, tempChart(t, files), options{}); err == nil || !strings.Contains(err.Error(), `no template "wshealthz.`) {
			t.Errorf("without a guard: got %v, want one for a missing template", err)
		}
	})
}

// TestTwoVersions checks that two versions of the library in one release are refused, with and without an alias.
func TestTwoVersions(t *testing.T) {
	files := map[string]string{}
	err := filepath.WalkDir("../wshealthz", func(path string, entry os.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		text := read(t, path)
		if base := filepath.Base(path); base == "_version.tpl" || base == "Chart.yaml" {
			text = strings.ReplaceAll(text, "0.1.0", "0.2.0")
		}
		files["parts/newer/"+strings.TrimPrefix(path, "../wshealthz/")] = text
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	part := func(name, dependency string) {
		for path, text := range podFiles() {
			files["parts/"+name+"/"+path] = strings.ReplaceAll(text, "metadata: {name: own}", "metadata: {name: "+name+"}")
		}
		files["parts/"+name+"/Chart.yaml"] = "apiVersion: v2\nname: " + name + "\nversion: 0.1.0\ndependencies: [" + dependency + "]\n"
		files["parts/"+name+"/templates/all.yaml"] = strings.Split(files["parts/"+name+"/templates/all.yaml"], "---\n")[0]
	}
	values := func(blocks ...string) string {
		text := ""
		for i, block := range blocks {
			text += []string{"a", "b"}[i] + ": {" + block + ": {enabled: true, image: {repository: r}, target: 'ws://localhost:8888/'}}\n"
		}
		return text
	}
	files["Chart.yaml"] = "apiVersion: v2\nname: both\nversion: 0.1.0\ndependencies:\n  - {name: a, version: 0.1.0, repository: 'file://parts/a'}\n  - {name: b, version: 0.1.0, repository: 'file://parts/b'}\n"
	const here = "{name: wshealthz, version: 0.1.0, repository: 'file://../../../wshealthz'}"
	for second, block := range map[string]string{
		"{name: wshealthz, version: 0.2.0, repository: 'file://../newer'}":                "wshealthz",
		"{name: wshealthz, version: 0.2.0, alias: second, repository: 'file://../newer'}": "second",
		here: "wshealthz",
	} {
		part("a", here)
		part("b", second)
		files["values.yaml"] = values("wshealthz", block)
		eachHelm(t, func(t *testing.T, h helm) {
			_, err := render(t, h, tempChart(t, files), options{})
			refused := err != nil && strings.Contains(err.Error(), "two versions of the library wshealthz in one release: the chart") &&
				strings.Contains(err.Error(), "0.1.0") && strings.Contains(err.Error(), "0.2.0")
			if refused != (second != here) || !refused && err != nil {
				t.Errorf("%s: got %v", second, err)
			}
		})
	}
}

// TestLibraryAliases checks that a chart can depend on the library twice, each with a block of values of its own.
func TestLibraryAliases(t *testing.T) {
	files := podFiles()
	files["Chart.yaml"] = "apiVersion: v2\nname: own\nversion: 0.1.0\ndependencies:\n"
	for _, alias := range []string{"wshealthz", "second"} {
		files["Chart.yaml"] += "  - {name: wshealthz, alias: " + alias + ", version: 0.1.0, repository: 'file://../wshealthz'}\n"
	}
	const second = "second: {enabled: true, name: feed, port: 10201, adminPort: 10202, image: {repository: r}, target: 'ws://localhost:8889/'}"
	eachHelm(t, func(t *testing.T, h helm) {
		sidecars := one[*appsv1.Deployment](t, mustRender(t, h, tempChart(t, files), options{values: minimal + second})).Spec.Template.Spec.InitContainers
		if len(sidecars) != 2 || sidecars[0].Name != "wshealthz" || sidecars[1].Name != "feed" {
			t.Errorf("the sidecars are %+v", sidecars)
		}
	})
}

// TestAliases checks that two aliases never make the same name, nor Services that select each other's pods.
func TestAliases(t *testing.T) {
	long := strings.Repeat("a", 50)
	eachHelm(t, func(t *testing.T, h helm) {
		for _, c := range []struct{ release, first, second, over string }{
			{"demo", "chat", "admin", ""},
			{"chat-admin", "chat", "admin", ""},
			{"web", "web", "web-web", ""},
			{"a-release-of-which-the-name-is-long", long + "-one", long + "-two", ""},
			{"a-release-of-which-the-name-is-long", long + "-one", long + "-two", ", kind: StatefulSet"},
			{"demo", "chat", "admin", ", networkPolicy: {enabled: true, from: [{podSelector: {}}]}, podDisruptionBudget: {enabled: true}"},
		} {
			values := c.first + ": " + webOn + c.over + "}\n" + c.second + ": " + webOn + c.over + "}\n"
			chart := umbrella(t, values, "{name: websocket-server, alias: "+c.first+"}", "{name: websocket-server, alias: "+c.second+"}")
			objects := mustRender(t, h, chart, options{release: c.release}) // which finds an object that appears twice
			services := all[*corev1.Service](objects)
			for i, s := range services {
				if i > 0 && s.Spec.ClusterIP != "None" && services[i-1].Spec.ClusterIP != "None" && marshal(t, s.Spec.Selector) == marshal(t, services[i-1].Spec.Selector) {
					t.Errorf("%+v: both Services select %v", c, s.Spec.Selector)
				}
			}
		}
		for over, want := range map[string]string{
			"nameOverride: same":                      "both have the ",
			"fullnameOverride: same":                  "both have the name same",
			"fullnameOverride: %s, nameOverride: one": "both have the label app.kubernetes.io/name one",
		} {
			values := ""
			for _, alias := range []string{"chat", "admin"} {
				values += alias + ": " + webOn + ", " + strings.ReplaceAll(over, "%s", alias) + "}\n"
			}
			_, err := render(t, h, umbrella(t, values, "{name: websocket-server, alias: chat}", "{name: websocket-server, alias: admin}"), options{})
			if err == nil || !strings.Contains(err.Error(), want) || !strings.Contains(err.Error(), "umbrella/charts/admin") {
				t.Errorf("%s\ngot  %v\nwant an error with both charts and %q", over, err, want)
			}
		}
	})
	two := "a: {wshealthz: " + injectorBlock + "}\nb: {wshealthz: " + injectorBlock + "}\n"
	mustRender(t, helms(t)[0], umbrella(t, two, "{name: wshealthz-injector, alias: a}", "{name: wshealthz-injector, alias: b}"), options{})
}

// TestGlobal checks that the registry and the pull secrets of an umbrella's global values reach every image and every pod.
func TestGlobal(t *testing.T) {
	const global = "global: {imageRegistry: mirror.example:5000/, imagePullSecrets: [first, {name: second}]}\n"
	eachHelm(t, func(t *testing.T, h helm) {
		objects := mustRender(t, h, umbrella(t, global+"web: "+webOn+", imagePullSecrets: [second, {name: third}]}", "{name: websocket-server, alias: web}"), options{})
		spec := one[*appsv1.Deployment](t, objects).Spec.Template.Spec
		if server, sidecar := spec.Containers[0].Image, spec.InitContainers[0].Image; server != "mirror.example:5000/server:1" || sidecar != "mirror.example:5000/wshealthz:0.1.0" {
			t.Errorf("images %s and %s", server, sidecar)
		}
		want := []corev1.LocalObjectReference{{Name: "first"}, {Name: "second"}, {Name: "third"}}
		if !slices.Equal(spec.ImagePullSecrets, want) {
			t.Errorf("imagePullSecrets %v, want %v", spec.ImagePullSecrets, want)
		}
	})
	// The injector hands over values that have been through this once.
	const path = "{global: {imageRegistry: mirror.example/copies}, wshealthz: {openshift: true, image: {repository: registry.example/wshealthz}}}"
	text, err := renderText(t, helms(t)[0], "wshealthz-injector", options{values: path})
	if err != nil || !strings.Contains(text, "'mirror.example/copies/wshealthz:0.1.0'") && !strings.Contains(text, `\"mirror.example/copies/wshealthz:0.1.0\"`) {
		t.Errorf("the injector does not use mirror.example/copies/wshealthz: %v\n%s", err, text)
	}
	if strings.Contains(text, "runAsUser") || !strings.Contains(text, "runAsNonRoot") {
		t.Errorf("the injector with openshift sets a user:\n%s", text)
	}
	for repository, want := range map[string]string{
		"wshealthz": "m/wshealthz", "team/wshealthz": "m/team/wshealthz", "localhost/wshealthz": "m/wshealthz",
		"registry:5000/team/wshealthz": "m/team/wshealthz", "registry.example/a.b/wshealthz": "m/a.b/wshealthz",
	} {
		image := podSpec(t, helms(t)[0], merged(t, minimal, "{global: {imageRegistry: m}, wshealthz: {image: {repository: '"+repository+"'}}}")).InitContainers[0].Image
		if image != want+":0.1.0" {
			t.Errorf("%s becomes %s, want %s:0.1.0", repository, image, want)
		}
	}
}

// TestReplicasOfUmbrella checks that an umbrella chart can leave out the number of replicas, for an autoscaler of its own: ""
// does so wherever it is written.
func TestReplicasOfUmbrella(t *testing.T) {
	eachHelm(t, func(t *testing.T, h helm) {
		for values, set := range map[string][]string{
			"web: " + webOn + ", replicaCount: ''}\n": nil,
			"web: " + webOn + "}\n":                   {"web.replicaCount="},
			"web: " + webOn + ", replicaCount: 3}\n":  {"web.replicaCount=null"},
		} {
			objects := mustRender(t, h, umbrella(t, values, "{name: websocket-server, alias: web}"), options{set: set})
			if got := one[*appsv1.Deployment](t, objects).Spec.Replicas; got != nil {
				t.Errorf("%s with --set %v: replicas is %d, want none", values, set, *got)
			}
		}
	})
}
