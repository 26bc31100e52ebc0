package upgrade

// AllHints returns the text of each hint that there is, with the causes that no configuration rules out, and with those
// of others.
func AllHints() (texts []string) {
	for _, reason := range Reasons() {
		texts = append(texts, reason.Hint())
	}
	for _, rows := range hintTables {
		for _, row := range rows {
			texts = append(texts, row.text)
		}
	}
	for _, c := range hintCases {
		texts = append(texts, c.want)
	}
	return texts
}
