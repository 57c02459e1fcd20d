package registry

import (
	"encoding/csv"
	"encoding/json"
	"fmt"
	"io"
	"strconv"
	"strings"
)

// WriteJSON writes the codebook as one JSON document, the same bytes for the
// same definitions.
func (b *Codebook) WriteJSON(w io.Writer) error {
	encoder := json.NewEncoder(w)
	encoder.SetEscapeHTML(false)
	encoder.SetIndent("", "  ")
	return encoder.Encode(b)
}

// codebookHeader names the columns of WriteCSV.
var codebookHeader = []string{
	"name", "label", "instrument", "kind", "code", "value_set", "occasion", "respondent", "type", "decimals", "direction",
	"lowest", "highest", "values", "missing_codes", "items", "missing_rule", "version", "definition_hash", "scoring_hash", "source", "known",
}

// WriteCSV writes the codebook with one line for each variable and version,
// separated by comma, which stands for ';' where a Swedish Excel reads it.
// Lists within a cell are separated by spaces.
func (b *Codebook) WriteCSV(w io.Writer, comma rune) error {
	out := csv.NewWriter(w)
	out.Comma = comma
	if err := out.Write(codebookHeader); err != nil {
		return err
	}
	for i := range b.Variables {
		m := &b.Variables[i]
		missing := make([]string, len(m.Missing))
		for k, code := range m.Missing {
			missing[k] = fmt.Sprintf("%s=%d", code.Reason, code.Code)
		}
		for _, v := range m.Versions {
			if err := out.Write(harmless([]string{
				m.Name, m.Label, m.Of, string(m.What), m.CodeOf, m.Set, m.When, m.Who, m.Type, strconv.Itoa(m.Decimals), m.Direction,
				v.Lowest, v.Highest, strings.Join(v.Values, " "), strings.Join(missing, " "), strings.Join(v.Items, " "), v.Rule,
				v.Version, v.DefinitionHash, v.ScoringHash, v.Source, v.Known,
			})); err != nil {
				return err
			}
		}
	}
	out.Flush()
	return out.Error()
}

// harmless keeps a spreadsheet from reckoning with a text that begins like a
// formula, such as a site's own title. Numbers stay.
func harmless(cells []string) []string {
	for i, c := range cells {
		if c == "" || !strings.ContainsRune("=+-@\t\r", rune(c[0])) {
			continue
		}
		if _, err := strconv.ParseFloat(c, 64); err != nil {
			cells[i] = "'" + c
		}
	}
	return cells
}
