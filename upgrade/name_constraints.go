package upgrade

import (
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/asn1"
	"errors"
	"fmt"
	"slices"
)

// The extensions that hold and constrain names (RFC 5280 sections 4.2.1.6 and 4.2.1.10).
var (
	subjectAltNameID  = asn1.ObjectIdentifier{2, 5, 29, 17}
	nameConstraintsID = asn1.ObjectIdentifier{2, 5, 29, 30}
)

// directoryNameKind is the tag of a directory name in a GeneralName (RFC 5280 section 4.2.1.6).
const directoryNameKind = 4

// generalNames holds what that section calls the kinds of a GeneralName, and whether crypto/x509 checks constraints on
// them.
var generalNames = []struct {
	name  string
	known bool
}{
	{"other name", false},
	{"email address", true},
	{"DNS name", true},
	{"X.400 address", false},
	directoryNameKind: {"directory name", false},
	{"EDI party name", false},
	{"URI", true},
	{"IP address", true},
	{"registered ID", false},
}

// maxNameComparisons bounds the work of one check; crypto/x509 had the same bound when it compared each name with each
// constraint.
const maxNameComparisons = 250_000

// nameConstraints are those constraints of an authority that crypto/x509 does not check.
type nameConstraints struct {
	permitted, excluded []directoryName
	// unsupported are the other kinds of names that a critical extension constrains. A certificate with a name of such
	// a kind is refused (RFC 5280 section 4.2.1.10); it hardly ever has one.
	unsupported []int
}

// parseNameConstraints returns the name constraints of a certificate, empty when it has none.
func parseNameConstraints(cert *x509.Certificate) (constraints nameConstraints, err error) {
	extension, ok := findExtension(cert, nameConstraintsID)
	if !ok {
		return constraints, nil
	}
	var subtrees struct {
		Permitted []asn1.RawValue `asn1:"optional,tag:0"`
		Excluded  []asn1.RawValue `asn1:"optional,tag:1"`
	}
	if rest, err := asn1.Unmarshal(extension.Value, &subtrees); err != nil || len(rest) > 0 {
		return constraints, errors.New("malformed name constraints")
	}
	for _, subtree := range subtrees.Permitted {
		if err := constraints.add(&constraints.permitted, subtree, extension.Critical); err != nil {
			return constraints, err
		}
	}
	for _, subtree := range subtrees.Excluded {
		if err := constraints.add(&constraints.excluded, subtree, extension.Critical); err != nil {
			return constraints, err
		}
	}
	return constraints, nil
}

// add adds a GeneralSubtree, a name and two numbers that RFC 5280 section 4.2.1.10 does not use: browsers refuse
// certificates that have them.
func (c *nameConstraints) add(names *[]directoryName, subtree asn1.RawValue, critical bool) error {
	var base asn1.RawValue
	rest, err := asn1.Unmarshal(subtree.Bytes, &base)
	if err != nil {
		return errors.New("malformed name constraint")
	}
	kind := base.Tag
	switch {
	case base.Class != asn1.ClassContextSpecific || kind >= len(generalNames):
		return errors.New("a name constraint of unknown kind")
	case generalNames[kind].known:
		return nil
	case len(rest) > 0:
		return fmt.Errorf("a constraint on the depth of a %s", generalNames[kind].name)
	case kind == directoryNameKind:
		name, err := parseDirectoryName(base.Bytes)
		*names = append(*names, name)
		return err
	case critical && !slices.Contains(c.unsupported, kind):
		c.unsupported = append(c.unsupported, kind)
	}
	return nil
}

// check returns what is wrong with the names in a certificate, nil when they comply.
func (c *nameConstraints) check(cert *x509.Certificate) error {
	if len(c.permitted)+len(c.excluded)+len(c.unsupported) == 0 {
		return nil
	}
	names, kinds, err := directoryNames(cert)
	if err != nil {
		return err
	}
	for _, kind := range c.unsupported {
		if slices.Contains(kinds, kind) {
			return fmt.Errorf("a %s is subject to a constraint that is not supported", generalNames[kind].name)
		}
	}
	if len(names)*(len(c.permitted)+len(c.excluded)) > maxNameComparisons {
		return errors.New("too many names and constraints")
	}
	for _, name := range names {
		if len(c.permitted) > 0 && !slices.ContainsFunc(c.permitted, name.within) {
			return fmt.Errorf("directory name %q is not permitted by any constraint", name)
		}
		if slices.ContainsFunc(c.excluded, name.within) {
			return fmt.Errorf("directory name %q is excluded by a constraint", name)
		}
	}
	return nil
}

// directoryNames returns the directory names of a certificate, its subject and alternative names, and the kinds of all
// alternative names.
func directoryNames(cert *x509.Certificate) (names []directoryName, kinds []int, err error) {
	var encoded [][]byte
	if len(cert.Subject.Names) > 0 {
		encoded = append(encoded, cert.RawSubject)
	}
	if extension, ok := findExtension(cert, subjectAltNameID); ok {
		var all []asn1.RawValue
		if rest, err := asn1.Unmarshal(extension.Value, &all); err != nil || len(rest) > 0 {
			return nil, nil, errors.New("malformed subject alternative names")
		}
		for _, name := range all {
			if kinds = append(kinds, name.Tag); name.Tag == directoryNameKind {
				encoded = append(encoded, name.Bytes)
			}
		}
	}
	for _, der := range encoded {
		name, err := parseDirectoryName(der)
		if err != nil {
			return nil, nil, err
		}
		names = append(names, name)
	}
	return names, kinds, nil
}

func findExtension(cert *x509.Certificate, id asn1.ObjectIdentifier) (extension pkix.Extension, ok bool) {
	i := slices.IndexFunc(cert.Extensions, func(e pkix.Extension) bool { return e.Id.Equal(id) })
	if i < 0 {
		return extension, false
	}
	return cert.Extensions[i], true
}
