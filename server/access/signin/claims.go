package signin

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"slices"
	"time"
)

// claims are those of a token whose signature holds.
type claims map[string]any

// person is whom a token names, in the words of the configuration.
type person struct {
	user                   string
	units, roles, purposes []string
	limited                bool // to purposes, even to none
	numbered               bool // the user was a person's number; see holdsPersonNumber
}

var errClaims = errors.New("signin: the claims are no JSON object")

func readClaims(payload []byte) (claims, error) {
	decoder := json.NewDecoder(bytes.NewReader(payload))
	decoder.UseNumber()
	var all claims
	if err := decoder.Decode(&all); err != nil || all == nil {
		return nil, errClaims
	}
	if _, err := decoder.Token(); err != io.EOF {
		return nil, errClaims
	}
	return all, nil
}

// at follows a path; nil if it leads nowhere.
func (c claims) at(path []string) any {
	if len(path) == 0 {
		return nil
	}
	value := any(map[string]any(c))
	for _, step := range path {
		object, ok := value.(map[string]any)
		if !ok {
			return nil
		}
		value = object[step]
	}
	return value
}

func (c claims) has(path []string) bool { return c.at(path) != nil }

// text is a claim that is a text, or empty.
func (c claims) text(path []string) string {
	text, _ := c.at(path).(string)
	return text
}

// texts are a claim that is a text or a list; what is no text in it is left out.
func (c claims) texts(path []string) []string {
	switch value := c.at(path).(type) {
	case string:
		return []string{value}
	case []any:
		var all []string
		for _, each := range value {
			if text, ok := each.(string); ok {
				all = append(all, text)
			}
		}
		return all
	}
	return nil
}

// mapped are the meanings of a claim's values, each once and in their order:
// what takes refuses means nothing.
func (c claims) mapped(claim Claim, takes func(string) bool) []string {
	var meanings []string
	for _, value := range c.texts(claim.Path) {
		meaning := value
		if len(claim.Values) > 0 {
			meaning = claim.Values[value]
		}
		if takes(meaning) && !slices.Contains(meanings, meaning) {
			meanings = append(meanings, meaning)
		}
	}
	return meanings
}

// client is which client got the token.
func (c claims) client(mapping Mapping) string {
	if len(mapping.Client) > 0 {
		return c.text(mapping.Client)
	}
	if c.has([]string{"client_id"}) {
		return c.text([]string{"client_id"})
	}
	return c.text([]string{"azp"})
}

// person reads who is named. A user that no log could hold is none.
func (c claims) person(mapping Mapping) person {
	who := person{
		user:     c.text(mapping.User),
		units:    c.mapped(mapping.Units, nameable),
		roles:    c.mapped(mapping.Roles, isRole),
		purposes: c.mapped(mapping.Purpose, isPurpose),
		limited:  len(mapping.Purpose.Path) > 0,
	}
	if who.numbered = holdsPersonNumber(who.user); who.numbered || !nameable(who.user) {
		who.user = ""
	}
	return who
}

// notBefore is the nbf claim; ok is false where it is there and no number.
func (c claims) notBefore() (at time.Time, ok bool) {
	value, there := c["nbf"]
	if !there {
		return time.Time{}, true
	}
	number, isNumber := value.(json.Number)
	if !isNumber {
		return time.Time{}, false
	}
	seconds, err := number.Float64()
	if err != nil || seconds < 0 || seconds > 1<<40 {
		return time.Time{}, false
	}
	return time.Unix(int64(seconds), 0), true
}
