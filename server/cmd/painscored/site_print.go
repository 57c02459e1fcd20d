package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"strings"
	"text/tabwriter"

	"google.golang.org/protobuf/encoding/protojson"

	pb "github.com/painscore/painscore/proto/painscore/v1"
)

// print shows settings as a table, or as JSON with the contract's names.
func (c *settingsConnection) print(w io.Writer, list []*pb.Setting) error {
	if c.json {
		return printSettingsJSON(w, list)
	}
	if len(list) == 0 {
		_, err := fmt.Fprintln(w, "Nothing has been decided.")
		return err
	}
	table := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	fmt.Fprintln(table, "UNIT\tKIND\tNAME\tVALUE\tVERSION\tCHANGED\tBY\tNOTE")
	for _, s := range list {
		unit := s.CareUnit
		if unit == "" {
			unit = "every unit"
		}
		kind := strings.ToLower(strings.TrimPrefix(s.Kind.String(), "SETTING_KIND_"))
		fmt.Fprintf(table, "%s\t%s\t%s\t%s\t%d\t%s\t%s\t%s\n", unit, kind, s.Name, settingValue(s), s.Number,
			s.ChangedAt.AsTime().Format("2006-01-02 15:04Z"), s.ChangedBy, s.Note)
	}
	return table.Flush()
}

func settingValue(s *pb.Setting) string {
	switch {
	case s.GetNorm() != nil:
		return normValue(s.GetNorm())
	case s.GetWindow() != nil:
		return fmt.Sprintf("day %d to %d", s.GetWindow().FromDays, s.GetWindow().ToDays)
	case s.GetBattery() != nil:
		return batteryValue(s.GetBattery())
	case s.GetActiveDefinition() != nil:
		return "version " + s.GetActiveDefinition().Version
	}
	return "removed"
}

func normValue(n *pb.ScaleNorm) string {
	span := func(i *pb.NormInterval) string {
		if i.Low == i.High {
			return i.Low
		}
		return i.Low + " to " + i.High
	}
	text := ""
	switch {
	case n.GetMcid() != nil:
		text = "MCID " + span(n.GetMcid())
	case n.GetSdc() != nil:
		text = "SDC " + span(n.GetSdc())
	case n.GetSdAndReliability() != nil:
		from := n.GetSdAndReliability()
		text = fmt.Sprintf("SDC %s (SD %s, reliability %s)", from.Sdc, from.Sd, from.Reliability)
	}
	text += fmt.Sprintf(": %s, %s; %s; %s", n.Name, n.Date, n.Source, n.Population)
	if n.OverAYear {
		text += "; over a year"
	}
	if n.Borrowed {
		text += "; not from pain"
	}
	return text
}

func printSettingsJSON(w io.Writer, list []*pb.Setting) error {
	for _, s := range list {
		text, err := protojson.MarshalOptions{UseProtoNames: true}.Marshal(s)
		if err != nil {
			return err
		}
		var line bytes.Buffer
		if err := json.Compact(&line, text); err != nil { // protojson varies its spaces on purpose
			return err
		}
		if _, err := fmt.Fprintln(w, line.String()); err != nil {
			return err
		}
	}
	return nil
}
