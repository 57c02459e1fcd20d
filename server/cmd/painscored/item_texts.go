package main

import (
	"bytes"
	"fmt"
	"os"
	"strings"

	"github.com/goccy/go-yaml"

	"github.com/painscore/painscore/scoring"
	"github.com/painscore/painscore/server/review"
)

// readItemTexts reads a clinic's own texts of the items, strictly: a misspelt key
// would leave an item without its text, and a text beside another version's item
// would be a wrong question. find gives a version of an instrument.
func readItemTexts(name string, find func(id, version string) (*scoring.Instrument, bool)) ([]review.ItemText, error) {
	if name == "" {
		return nil, nil
	}
	body, err := os.ReadFile(name)
	if err != nil {
		return nil, fmt.Errorf("item_texts: %w", err)
	}
	var texts []review.ItemText
	if err := yaml.NewDecoder(bytes.NewReader(body), yaml.Strict()).Decode(&texts); err != nil {
		// Without the lines of the file: they are under the licence of others.
		return nil, fmt.Errorf("item_texts: %s: %s", name, strings.TrimSpace(yaml.FormatError(err, false, false)))
	}
	if err := review.CheckItemTexts(texts, find); err != nil {
		return nil, fmt.Errorf("item_texts: %s: %w", name, err)
	}
	return texts, nil
}
