package config

import (
	"regexp"
	"slices"
	"strings"

	"github.com/agnivade/levenshtein"
)

// What Kubernetes (and docker links) set for Services whose own name begins with wshealthz.
const (
	serviceName = `^WSHEALTHZ_(.+_)?(SERVICE_HOST|SERVICE_PORT(_.+)?|PORT_\d+_(TCP|UDP|SCTP)(_(PROTO|PORT|ADDR))?)$`
	servicePort = `^WSHEALTHZ_([^=]+_)?PORT=(tcp|udp|sctp)://`
)

// isServiceVariable compiles its patterns on each call: most starts have no unknown name.
func isServiceVariable(name, entry string) bool {
	return regexp.MustCompile(serviceName).MatchString(name) || regexp.MustCompile(servicePort).MatchString(entry)
}

// unknownVariables returns a fault for each entry of environ whose name has our prefix and is not a known variable.
func unknownVariables(environ []string, known []Variable) []Fault {
	var faults []Fault
	for _, entry := range environ {
		name, _, _ := strings.Cut(entry, "=")
		isKnown := slices.ContainsFunc(known, func(v Variable) bool { return v.Name == name })
		if isKnown || !strings.HasPrefix(name, Prefix) || isServiceVariable(name, entry) {
			continue
		}
		nearest := slices.MinFunc(known, func(a, b Variable) int {
			return levenshtein.ComputeDistance(a.Name, name) - levenshtein.ComputeDistance(b.Name, name)
		})
		faults = append(faults, Fault{name, "unknown variable, did you mean " + nearest.Name + "?"})
	}
	slices.SortFunc(faults, func(a, b Fault) int { return strings.Compare(a.Name, b.Name) })
	return faults
}
