package charts

import (
	"regexp"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

// gkeHealthCheckPolicy is that of GKE Gateway, with the checks of its CRD: datreeio/CRDs-catalog,
// networking.gke.io/healthcheckpolicy_v1.json. Of the five kinds of health check it has those that use HTTP/1.1.
type gkeHealthCheckPolicy struct {
	metav1.TypeMeta   `json:",inline"`
	metav1.ObjectMeta `json:"metadata"`
	Spec              struct {
		TargetRef policyTarget `json:"targetRef"`
		Default   struct {
			CheckIntervalSec   *int32 `json:"checkIntervalSec"` // 1 to 300, default 5
			TimeoutSec         *int32 `json:"timeoutSec"`       // 1 to 300, default 5, at most checkIntervalSec
			HealthyThreshold   *int32 `json:"healthyThreshold"` // 1 to 10, default 2
			UnhealthyThreshold *int32 `json:"unhealthyThreshold"`
			LogConfig          struct {
				Enabled bool `json:"enabled"`
			} `json:"logConfig"`
			Config *struct {
				Type             string         `json:"type"`
				HTTPHealthCheck  *gkeHTTPHealth `json:"httpHealthCheck"`
				HTTPSHealthCheck *gkeHTTPHealth `json:"httpsHealthCheck"`
			} `json:"config"`
		} `json:"default"`
	} `json:"spec"`
}

type gkeHTTPHealth struct {
	Host              string `json:"host"`
	Port              *int32 `json:"port"`
	PortName          string `json:"portName"`
	PortSpecification string `json:"portSpecification"`
	ProxyHeader       string `json:"proxyHeader"`
	RequestPath       string `json:"requestPath"`
	Response          string `json:"response"`
}

func (p *gkeHealthCheckPolicy) check(v *violations) {
	p.Spec.TargetRef.check(v)
	d := p.Spec.Default
	v.within("checkIntervalSec", d.CheckIntervalSec, 1, 300)
	v.within("timeoutSec", d.TimeoutSec, 1, 300)
	v.within("healthyThreshold", d.HealthyThreshold, 1, 10)
	v.within("unhealthyThreshold", d.UnhealthyThreshold, 1, 10)
	interval, timeout := int32(5), int32(5)
	if d.CheckIntervalSec != nil {
		interval = *d.CheckIntervalSec
	}
	if d.TimeoutSec != nil {
		timeout = *d.TimeoutSec
	}
	if timeout > interval {
		v.add("timeoutSec %d exceeds checkIntervalSec %d (the default of both is 5)", timeout, interval)
	}
	if d.Config == nil {
		return
	}
	checks := map[string]*gkeHTTPHealth{"HTTP": d.Config.HTTPHealthCheck, "HTTPS": d.Config.HTTPSHealthCheck}
	check := checks[d.Config.Type]
	if check == nil || d.Config.HTTPHealthCheck != nil && d.Config.HTTPSHealthCheck != nil {
		v.add("config must have exactly the health check of its type, which is %q", d.Config.Type)
		return
	}
	check.check(v)
}

var (
	gkeHost = regexp.MustCompile(`^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$`)
	gkePath = regexp.MustCompile(`^/[A-Za-z0-9/\-._~%!?$&'()*+,;=:]*$`)
)

func (c *gkeHTTPHealth) check(v *violations) {
	v.within("port", c.Port, 1, 65535)
	if c.Host != "" && !gkeHost.MatchString(c.Host) {
		v.add("host is %q", c.Host)
	}
	if c.RequestPath != "" && !gkePath.MatchString(c.RequestPath) {
		v.add("requestPath is %q", c.RequestPath)
	}
	number, name := c.Port != nil, c.PortName != ""
	switch c.PortSpecification {
	case "":
	case "USE_FIXED_PORT":
		v.want(number && !name, "USE_FIXED_PORT must have port and no portName")
	case "USE_NAMED_PORT":
		v.want(!number && name, "USE_NAMED_PORT must have portName and no port")
	case "USE_SERVING_PORT":
		v.want(!number && !name, "USE_SERVING_PORT must have neither port nor portName")
	default:
		v.add("portSpecification is %q", c.PortSpecification)
	}
	v.want(c.ProxyHeader == "" || c.ProxyHeader == "NONE" || c.ProxyHeader == "PROXY_V1", "proxyHeader is "+c.ProxyHeader)
}

// gcpBackendPolicy has the fields of GKE Gateway's that an example uses: GoogleCloudPlatform/gke-gateway-api,
// apis/networking/v1/gcpbackendpolicy_types.go.
type gcpBackendPolicy struct {
	metav1.TypeMeta   `json:",inline"`
	metav1.ObjectMeta `json:"metadata"`
	Spec              struct {
		TargetRef policyTarget `json:"targetRef"`
		Default   struct {
			TimeoutSec         *int32 `json:"timeoutSec"` // 1 to 2147483647, default 30
			ConnectionDraining *struct {
				DrainingTimeoutSec *int32 `json:"drainingTimeoutSec"` // 0 to 3600
			} `json:"connectionDraining"`
		} `json:"default"`
	} `json:"spec"`
}

func (p *gcpBackendPolicy) check(v *violations) {
	p.Spec.TargetRef.check(v)
	v.within("timeoutSec", p.Spec.Default.TimeoutSec, 1, 1<<31-1)
	if drain := p.Spec.Default.ConnectionDraining; drain != nil {
		v.within("drainingTimeoutSec", drain.DrainingTimeoutSec, 0, 3600)
	}
}
