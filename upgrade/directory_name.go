package upgrade

import (
	"crypto/x509/pkix"
	"encoding/asn1"
	"errors"
	"fmt"
	"slices"
	"strings"
)

// A directoryName is an X.501 name, such as that of a certificate's subject.
type directoryName struct {
	der   []byte
	parts []string // canonical, the most general one first
}

// An attributeSET is one part of a name, nearly always of one attribute. encoding/asn1 takes it for a SET because its
// name ends so.
type attributeSET []attribute

type attribute struct {
	Type  asn1.ObjectIdentifier
	Value asn1.RawValue
}

func parseDirectoryName(der []byte) (directoryName, error) {
	var sets []attributeSET
	if rest, err := asn1.Unmarshal(der, &sets); err != nil || len(rest) > 0 {
		return directoryName{}, errors.New("malformed directory name")
	}
	name := directoryName{der: der}
	for _, set := range sets {
		name.parts = append(name.parts, set.canonical())
	}
	return name, nil
}

// String returns the name as crypto/x509 shows subjects.
func (n directoryName) String() string {
	var name pkix.RDNSequence
	asn1.Unmarshal(n.der, &name)
	return name.String()
}

// within reports whether the name is the top of a subtree or below it: it begins with all parts of the top.
func (n directoryName) within(top directoryName) bool {
	return len(n.parts) >= len(top.parts) && slices.Equal(n.parts[:len(top.parts)], top.parts)
}

// canonical returns a text that is the same for sets with the same attributes, in any order.
func (s attributeSET) canonical() string {
	var attributes []string
	for _, a := range s {
		attributes = append(attributes, a.Type.String()+"="+a.canonicalValue())
	}
	slices.Sort(attributes)
	return strings.Join(attributes, "+")
}

// canonicalValue returns a text that is the same for values that browsers take for the same (RFC 5280 section 7.1):
// texts whatever their encoding, without regard to the case of ASCII letters and to the number of spaces; other values
// byte by byte.
func (a attribute) canonicalValue() string {
	switch a.Value.Tag {
	case asn1.TagPrintableString, asn1.TagUTF8String, asn1.TagIA5String, asn1.TagBMPString:
		var value any
		if _, err := asn1.Unmarshal(a.Value.FullBytes, &value); err != nil {
			break
		}
		if text, ok := value.(string); ok {
			return fmt.Sprintf("%q", foldASCII(text))
		}
	}
	return fmt.Sprintf("#%x", a.Value.FullBytes)
}

// foldASCII returns text with ASCII letters in lower case, single spaces, and none at the ends.
func foldASCII(text string) string {
	lower := strings.Map(func(r rune) rune {
		if 'A' <= r && r <= 'Z' {
			return r + ('a' - 'A')
		}
		return r
	}, text)
	return strings.Join(strings.FieldsFunc(lower, func(r rune) bool { return r == ' ' }), " ")
}
