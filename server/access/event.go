package access

import (
	"bytes"
	"encoding/json"
	"fmt"
	"time"
)

// Outcome is how an attempt ended.
type Outcome string

// The outcomes.
const (
	Granted  Outcome = "granted"   // it was allowed, and went on to be done
	Refused  Outcome = "refused"   // it was not; Event.Reason says why
	NotFound Outcome = "not_found" // there is no such episode, or none that the caller may see
)

// Event is one attempt to read or change what is known of patients. It names
// people by opaque keys and holds no identifier, no answer and no score.
type Event struct {
	At        time.Time `json:"at"`
	RequestID string    `json:"request,omitempty"`
	System    string    `json:"system,omitempty"`
	User      string    `json:"user,omitempty"`
	Unit      string    `json:"unit,omitempty"` // on whose commission
	Local     bool      `json:"local,omitempty"`
	Address   string    `json:"address,omitempty"`
	Purpose   Purpose   `json:"purpose,omitempty"`
	Action    Action    `json:"action"`
	Activity  Activity  `json:"activity"`
	Outcome   Outcome   `json:"outcome"`
	Reason    string    `json:"reason,omitempty"`
	CareUnit  string    `json:"care_unit,omitempty"` // owner of the episodes
	EpisodeID string    `json:"episode,omitempty"`   // if it concerns one
	Recipient string    `json:"recipient,omitempty"` // to whom it was handed over
	Patients  []string  `json:"patients,omitempty"`  // keys of everybody concerned
}

// NewEvent begins an event with what is known of the caller and the action.
func NewEvent(caller Caller, action Action, rule Rule) Event {
	return Event{
		RequestID: caller.RequestID, System: caller.System, User: caller.User, Unit: caller.Unit, Local: caller.Local,
		Address: caller.Address, Purpose: caller.Purpose, Action: action, Activity: rule.Activity, Outcome: Granted,
	}
}

// packEvents makes the body of a block: one JSON object per line.
func packEvents(events []Event) ([]byte, error) {
	var body bytes.Buffer
	lines := json.NewEncoder(&body)
	for i := range events {
		if err := lines.Encode(&events[i]); err != nil {
			return nil, fmt.Errorf("access: %w", err)
		}
	}
	return body.Bytes(), nil
}

// Events reads the body of a block. It is strict: a block that cannot be read
// whole is damaged.
func Events(body []byte) ([]Event, error) {
	var events []Event
	for line := range bytes.Lines(body) {
		var e Event
		decoder := json.NewDecoder(bytes.NewReader(line))
		decoder.DisallowUnknownFields()
		if err := decoder.Decode(&e); err != nil || line[len(line)-1] != '\n' {
			return nil, fmt.Errorf("access: line %d of a block cannot be read", len(events)+1)
		}
		events = append(events, e)
	}
	return events, nil
}
