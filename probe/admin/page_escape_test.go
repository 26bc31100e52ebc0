package admin

import (
	"os"
	"regexp"
	"strings"
	"testing"

	"golang.org/x/net/html"
)

// Where a value may stand besides text. No attribute here holds a URL, a style or a script, for which escaping is not enough.
var valueAttribute = regexp.MustCompile(` (class|aria-label|d|x|y|width|height|transform)="[^"]*"`)

// misplacedValues returns what is wrong with a template: the generator escapes every value for text and double-quoted
// attributes and does not look where it stands, so that a value elsewhere could become markup or script.
func misplacedValues(template string) (wrong []string) {
	const value, style = "\x01", "\x02"
	control := regexp.MustCompile(`^(func|endfunc|if|elseif|else|endif|for|endfor|switch|case|default|endswitch|import)\b|^= [a-z]+HTML\(`)
	page := regexp.MustCompile(`(?s)\{%.*?%\}`).ReplaceAllStringFunc(template, func(tag string) string {
		switch inner := strings.Trim(tag, "{%}"); {
		case regexp.MustCompile(`^[sdf] `).MatchString(inner):
			return value
		case inner == "s= pageCSS ":
			return style
		case control.MatchString(strings.TrimSpace(inner)):
			return ""
		}
		wrong = append(wrong, tag)
		return ""
	})
	within := ""
	for z := html.NewTokenizer(strings.NewReader(page)); z.Next() != html.ErrorToken; {
		raw := string(z.Raw())
		switch token := z.Token(); token.Type {
		case html.TextToken:
			inCode := within == "style" || within == "script"
			if strings.Contains(raw, style) && within != "style" || strings.Contains(raw, value) && inCode || strings.Contains(raw, "<"+value) {
				wrong = append(wrong, raw)
			}
		default:
			if strings.ContainsAny(valueAttribute.ReplaceAllString(raw, ""), value+style) || strings.Contains(raw, style) {
				wrong = append(wrong, raw)
			}
			within = token.Data
		}
	}
	return wrong
}

// TestPageEscapes: in the template every value stands where the generator's escaping is right for it.
func TestPageEscapes(t *testing.T) {
	template, err := os.ReadFile("page.qtpl")
	if err != nil {
		t.Fatal(err)
	}
	for _, wrong := range misplacedValues(string(template)) {
		t.Errorf("a value is not escaped for where it stands, or the tag is not known here: %q", wrong)
	}
	if n := strings.Count(string(template), "{%s "); n < 50 {
		t.Errorf("%d values are seen", n)
	}
	for _, bad := range []string{
		`<p>{%s= v.Detail %}</p>`, `<p>{%v= v %}</p>`, `<p>{%z v.Bytes %}</p>`, `{%= v.Detail %}`, `<p class={%s v.State %}>`, `<p class='{%s v.State %}'>`,
		`<p {%s v.State %}>`, `<{%s v.State %}>`, `<!-- {%s v.State %} -->`, `<a href="{%s v.Path %}">`, `<p style="{%s v.State %}">`, `<p onclick="{%s v.State %}">`,
		`<style>{%s v.State %}</style>`, `<script>{%s v.State %}</script>`, `<p>{%s= pageCSS %}</p>`, `<p class="{%s= pageCSS %}">`,
	} {
		if misplacedValues(bad) == nil {
			t.Errorf("%s is not seen", bad)
		}
	}
}
