package erasures

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/painscore/painscore/server/store"
)

// entry is an erasure as it stands in the journal.
type entry struct {
	ErasureID   string    `json:"erasure_id"`
	At          time.Time `json:"at"`
	PatientKeys []string  `json:"patient_keys"` // the own one first
	By          string    `json:"by"`
	Note        string    `json:"note,omitempty"`
	Marks       [][]byte  `json:"marks,omitempty"` // lines of earlier versions have none
}

// line is one line of the file. Check is over the line before's check and the
// erasure's bytes as they stand there.
type line struct {
	Erasure json.RawMessage `json:"erasure"`
	Check   string          `json:"check"`
}

func encode(erasure store.Erasure, before string) ([]byte, error) {
	body, err := json.Marshal(entry{erasure.ErasureID, erasure.At.UTC(), erasure.PatientKeys, erasure.By, erasure.Note, erasure.Marks})
	if err != nil {
		return nil, fmt.Errorf("erasures: %w", err)
	}
	text, err := json.Marshal(line{body, checkValue(before, body)})
	return append(text, '\n'), err
}

func decode(text []byte, before string) (e entry, check string, err error) {
	var l line
	if err := json.Unmarshal(text, &l); err != nil {
		return e, "", errors.New("it is no line of a journal")
	}
	if l.Check != checkValue(before, l.Erasure) {
		return e, "", errors.New("its check value does not fit: it was changed, or a line before it was removed")
	}
	if err := json.Unmarshal(l.Erasure, &e); err != nil || e.ErasureID == "" || len(e.PatientKeys) == 0 {
		return e, "", errors.New("it names no erasure")
	}
	return e, l.Check, nil
}

func checkValue(before string, body []byte) string {
	sum := sha256.Sum256(append([]byte(before+"\n"), body...))
	return hex.EncodeToString(sum[:16])
}
