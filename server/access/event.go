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

// A block's body is one JSON object per line. Of each the call that records it
// makes all but the time, which the log sets later: the block is made while all
// writes wait.
const beforeTime, afterTime = `{"at":"`, `0001-01-01T00:00:00Z`

// untimed is the line of an event from behind its time on.
func untimed(event Event) ([]byte, error) {
	event.At = time.Time{}
	line, err := json.Marshal(event)
	if err != nil {
		return nil, fmt.Errorf("access: %w", err)
	}
	return append(line[len(beforeTime)+len(afterTime):], '\n'), nil
}

// appendLine adds the line of an event to a block's body. The time is written
// like encoding/json does, for which the year must have four digits.
func appendLine(body []byte, at time.Time, untimed []byte) []byte {
	return append(at.AppendFormat(append(body, beforeTime...), time.RFC3339Nano), untimed...)
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
