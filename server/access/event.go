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
	Patients  []string  `json:"patients,omitempty"`  // keys of everybody concerned
}

// NewEvent begins an event with what is known of the caller and the action.
func NewEvent(caller Caller, action Action, rule Rule) Event {
	return Event{
		RequestID: caller.RequestID, System: caller.System, User: caller.User, Unit: caller.Unit, Local: caller.Local,
		Address: caller.Address, Purpose: caller.Purpose, Action: action, Activity: rule.Activity, Outcome: Granted,
	}
}

// appendEvents packs events into the body of a block: one JSON object per line.
func appendEvents(body []byte, events []Event) ([]byte, error) {
	for i := range events {
		line, err := json.Marshal(&events[i])
		if err != nil {
			return nil, fmt.Errorf("access: %w", err)
		}
		body = append(append(body, line...), '\n')
	}
	return body, nil
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
