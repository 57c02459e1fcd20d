package main

import (
	"errors"
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	pb "github.com/painscore/painscore/proto/painscore/v1"
)

func settingsSetBattery(conn *settingsConnection) *cobra.Command {
	var d decision
	var programme, track, anchor string
	battery, window := &pb.Battery{}, &pb.BatteryWindow{}
	cmd := &cobra.Command{
		Use: "set-battery OCCASION [INSTRUMENT]...", Short: "say which forms are expected at an occasion", Args: cobra.MinimumNArgs(1),
		Long: `Say which forms a unit expects of a patient at an occasion, from a day on. Without a
battery any form answers the occasion; with one that names no instrument nothing is
expected.

OCCASION is baseline, programme_end, follow_up_12_months, or other, with --label, for
an occasion of the unit's own, which --anchor, --from-days and --to-days put on time.`,
		Example: `  painscored settings set-battery baseline hads pcs isi --from 2026-01-01 --unit SE2321000016-1A2B
  painscored settings set-battery other nprs --label "6 weeks" --anchor programme_end --from-days 28 --to-days 42 \
      --from 2026-01-01 --unit SE2321000016-1A2B`,
		RunE: func(cmd *cobra.Command, args []string) error {
			occasion, err := numberOf("occasion", args[0], "OCCASION_", pb.Occasion_value)
			battery.Occasion, battery.Instruments = pb.Occasion(occasion), args[1:]
			ofProgramme, err2 := numberOf("--programme", programme, "PROGRAMME_TYPE_", pb.ProgrammeType_value)
			ofTrack, err3 := numberOf("--track", track, "TRACK_", pb.Track_value)
			battery.ProgrammeType, battery.Track = pb.ProgrammeType(ofProgramme), pb.Track(ofTrack)
			from, err4 := numberOf("--anchor", anchor, "ANCHOR_", pb.Anchor_value)
			if anchor != "" {
				window.Anchor, battery.Window = pb.Anchor(from), window
			}
			if err := errors.Join(err, err2, err3, err4); err != nil {
				return err
			}
			return conn.change(cmd, &d, &pb.ChangeSettingRequest{Change: &pb.ChangeSettingRequest_Battery{Battery: battery}})
		},
	}
	cmd.Flags().StringVar(&battery.From, "from", "", "day from which it holds, `YYYY-MM-DD`")
	cmd.Flags().StringVar(&battery.OccasionLabel, "label", "", "label of an occasion of the unit's own")
	cmd.Flags().StringVar(&programme, "programme", "", "pain or exhaustion (default any)")
	cmd.Flags().StringVar(&track, "track", "", "programme or individual (default any)")
	cmd.Flags().StringVar(&anchor, "anchor", "", "first_visit or programme_end, which an occasion of the unit's own is counted from")
	cmd.Flags().Int32Var(&window.FromDays, "from-days", 0, "first day of its window, counted from the anchor")
	cmd.Flags().Int32Var(&window.ToDays, "to-days", 0, "last day, likewise")
	if err := cmd.MarkFlagRequired("from"); err != nil {
		panic(err) // the flag was added above
	}
	d.flags(cmd, true)
	return cmd
}

// numberOf finds the value of an enum by its word; an empty word is 0.
func numberOf(what, word, prefix string, values map[string]int32) (int32, error) {
	number, ok := values[prefix+strings.ToUpper(word)]
	if !ok && word != "" {
		return 0, fmt.Errorf("%s: no such word %q", what, word)
	}
	return number, nil
}

func batteryValue(b *pb.Battery) string {
	text := "nothing is expected"
	if len(b.Instruments) > 0 {
		text = strings.Join(b.Instruments, ", ")
	}
	if w := b.Window; w != nil {
		text += fmt.Sprintf("; day %d to %d of the %s", w.FromDays, w.ToDays, strings.ReplaceAll(strings.ToLower(strings.TrimPrefix(w.Anchor.String(), "ANCHOR_")), "_", " "))
	}
	return text
}
