package charts

import (
	"fmt"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

// policyTarget is what a HealthCheckPolicy attaches to. Pointers are required fields, which may be "".
type policyTarget struct {
	Group        *string  `json:"group"`
	Kind         *string  `json:"kind"`
	Name         *string  `json:"name"`
	Namespace    string   `json:"namespace"`
	SectionNames []string `json:"sectionNames"` // Azure only
}

// albHealthCheckPolicy is that of Application Gateway for Containers. Its CRD checks only types and targetRef; that intervals
// are above 0 is from "Custom health probe for Application Gateway for Containers", Microsoft Learn. The CRD as JSON schema:
// datreeio/CRDs-catalog, alb.networking.azure.io/healthcheckpolicy_v1.json. spec.override is left out, as unsupported so far.
type albHealthCheckPolicy struct {
	metav1.TypeMeta   `json:",inline"`
	metav1.ObjectMeta `json:"metadata"`
	Spec              struct {
		TargetRef policyTarget `json:"targetRef"`
		Default   struct {
			Interval           string `json:"interval"` // a duration, such as 5s
			Timeout            string `json:"timeout"`
			HealthyThreshold   *int32 `json:"healthyThreshold"`
			UnhealthyThreshold *int32 `json:"unhealthyThreshold"`
			Port               *int32 `json:"port"`
			UseTLS             bool   `json:"useTLS"`
			GRPC               *struct {
				Authority string `json:"authority"`
				Service   string `json:"service"`
			} `json:"grpc"`
			HTTP *struct {
				Host  string `json:"host"`
				Path  string `json:"path"`
				Match struct {
					Body        string `json:"body"`
					StatusCodes []struct {
						Start int32 `json:"start"`
						End   int32 `json:"end"` // inclusive
					} `json:"statusCodes"`
				} `json:"match"`
			} `json:"http"`
		} `json:"default"`
	} `json:"spec"`
}

func (p *albHealthCheckPolicy) check(v *violations) {
	p.Spec.TargetRef.check(v)
	d := p.Spec.Default
	for field, text := range map[string]string{"interval": d.Interval, "timeout": d.Timeout} {
		if parsed, err := time.ParseDuration(text); text != "" && (err != nil || parsed <= 0) {
			v.add("%s is %q, must be a duration above 0", field, text)
		}
	}
	v.within("healthyThreshold", d.HealthyThreshold, 1, 1<<31-1)
	v.within("unhealthyThreshold", d.UnhealthyThreshold, 1, 1<<31-1)
	v.within("port", d.Port, 1, 65535)
	if d.HTTP != nil {
		for _, codes := range d.HTTP.Match.StatusCodes {
			if codes.Start < 100 || codes.End > 599 || codes.Start > codes.End {
				v.add("statusCodes are %d to %d", codes.Start, codes.End)
			}
		}
	}
}

// check checks what both CRDs require of a target, and that it is a Service, as in both of our policies.
func (r policyTarget) check(v *violations) {
	if r.Group == nil || r.Kind == nil || r.Name == nil || *r.Name == "" {
		v.add("targetRef must have group, kind and name")
		return
	}
	v.want(*r.Group == "" && *r.Kind == "Service", fmt.Sprintf("targetRef is a %s of group %q, must be a Service", *r.Kind, *r.Group))
}
