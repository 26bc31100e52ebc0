package charts

import (
	"fmt"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/util/intstr"
	"k8s.io/apimachinery/pkg/util/validation"
)

// pod checks that containers, their names, mounts and volumes fit together.
func (v *violations) pod(spec corev1.PodSpec) {
	volumes, names := map[string]bool{}, map[string]bool{}
	for _, volume := range spec.Volumes {
		v.all("volume "+volume.Name, validation.IsDNS1123Label(volume.Name))
		v.want(!volumes[volume.Name], "two volumes are named "+volume.Name)
		volumes[volume.Name] = true
	}
	v.want(len(spec.Containers) > 0, "has no containers")
	v.drain(spec)
	for n, c := range append(append([]corev1.Container(nil), spec.InitContainers...), spec.Containers...) {
		v.all("container "+c.Name, validation.IsDNS1123Label(c.Name))
		v.want(!names[c.Name], "two containers are named "+c.Name)
		names[c.Name] = true

		inner := &violations{of: v.of + ": container " + c.Name}
		inner.container(c, volumes)
		if n < len(spec.InitContainers) && (c.RestartPolicy == nil || *c.RestartPolicy != corev1.ContainerRestartPolicyAlways) {
			inner.want(c.ReadinessProbe == nil && c.LivenessProbe == nil && c.StartupProbe == nil && c.Lifecycle == nil,
				"is an init container that is not a sidecar, and has a probe or a lifecycle")
		}
		v.found = append(v.found, inner.found...)
	}
}

func (v *violations) container(c corev1.Container, volumes map[string]bool) {
	v.want(c.Image != "", "has no image")
	ports, env, paths := map[string]bool{}, map[string]bool{}, map[string]bool{}
	for _, port := range c.Ports {
		v.all(fmt.Sprintf("containerPort %d", port.ContainerPort), validation.IsValidPortNum(int(port.ContainerPort)))
		if port.Name != "" {
			v.all(fmt.Sprintf("port name %q", port.Name), validation.IsValidPortName(port.Name))
			v.want(!ports[port.Name], "two ports are named "+port.Name)
			ports[port.Name] = true
		}
	}
	for _, variable := range c.Env {
		v.all(fmt.Sprintf("env %q", variable.Name), validation.IsEnvVarName(variable.Name))
		v.want(!env[variable.Name], "env "+variable.Name+" is set twice")
		v.want(variable.Value == "" || variable.ValueFrom == nil, "env "+variable.Name+" has both value and valueFrom")
		env[variable.Name] = true
	}
	for _, mount := range c.VolumeMounts {
		v.want(volumes[mount.Name], fmt.Sprintf("mount %s has no volume %q", mount.MountPath, mount.Name))
		v.want(mount.MountPath != "" && !paths[mount.MountPath], fmt.Sprintf("mountPath %q is empty or used twice", mount.MountPath))
		paths[mount.MountPath] = true
	}
	for name, probe := range map[string]*corev1.Probe{"readinessProbe": c.ReadinessProbe, "livenessProbe": c.LivenessProbe, "startupProbe": c.StartupProbe} {
		if probe != nil {
			v.handler(name, probe.HTTPGet, probe.TCPSocket, probe.GRPC, probe.Exec, nil, ports)
		}
	}
	if c.Lifecycle != nil {
		for name, h := range map[string]*corev1.LifecycleHandler{"postStart": c.Lifecycle.PostStart, "preStop": c.Lifecycle.PreStop} {
			if h != nil {
				v.handler(name, h.HTTPGet, h.TCPSocket, nil, h.Exec, h.Sleep, ports)
			}
		}
	}
}

// handler checks that a probe or a hook has exactly one handler, a port that exists, and no host: with a host the node would
// probe something other than this pod.
func (v *violations) handler(name string, http *corev1.HTTPGetAction, tcp *corev1.TCPSocketAction, grpc *corev1.GRPCAction,
	exec *corev1.ExecAction, sleep *corev1.SleepAction, ports map[string]bool) {
	ways := 0
	if http != nil {
		ways++
		v.want(http.Host == "", name+" has host "+http.Host)
		v.port(name, http.Port, ports)
	}
	if tcp != nil {
		ways++
		v.want(tcp.Host == "", name+" has host "+tcp.Host)
		v.port(name, tcp.Port, ports)
	}
	if grpc != nil {
		ways++
		v.port(name, intstr.FromInt32(grpc.Port), nil)
	}
	if exec != nil {
		ways++
		v.want(len(exec.Command) > 0, name+" has no command")
	}
	if sleep != nil {
		ways++
	}
	v.want(ways == 1, fmt.Sprintf("%s has %d handlers, want one", name, ways))
}

// port checks a port number, or the name of one of a container's ports. If ports is nil, any valid name will do.
func (v *violations) port(what string, port intstr.IntOrString, ports map[string]bool) {
	if port.Type == intstr.Int {
		v.all(fmt.Sprintf("%s: port %d", what, port.IntVal), validation.IsValidPortNum(int(port.IntVal)))
		return
	}
	v.all(fmt.Sprintf("%s: port %q", what, port.StrVal), validation.IsValidPortName(port.StrVal))
	v.want(ports == nil || ports[port.StrVal], fmt.Sprintf("%s: no port of the container is named %q", what, port.StrVal))
}
