package main

import (
	"bytes"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"google.golang.org/grpc/codes"
	"google.golang.org/protobuf/encoding/protojson"
	"google.golang.org/protobuf/testing/protocmp"

	"github.com/painscore/painscore/client"
	pb "github.com/painscore/painscore/proto/painscore/v1"
	"github.com/painscore/painscore/scoring/instruments"
)

// settings runs a settings command against a running program.
func (p *program) settings(t *testing.T, args ...string) (string, error) {
	t.Helper()
	var out bytes.Buffer
	env := map[string]string{"PAINSCORE_GRPC": p.grpc, "PAINSCORE_TOKEN_FILE": p.token}
	err := run(t.Context(), append([]string{"settings"}, args...), func(name string) string { return env[name] }, &out, &out)
	return out.String(), err
}

func (p *program) mustSet(t *testing.T, args ...string) string {
	t.Helper()
	out, err := p.settings(t, args...)
	if err != nil {
		t.Fatalf("settings %s: %v\n%s", strings.Join(args, " "), err, out)
	}
	return out
}

// columns splits a table's rows where at least two spaces stand.
func columns(table string) (rows [][]string) {
	for _, line := range strings.Split(strings.TrimSpace(table), "\n") {
		var row []string
		for _, cell := range strings.Split(line, "  ") {
			if cell = strings.TrimSpace(cell); cell != "" {
				row = append(row, cell)
			}
		}
		rows = append(rows, row)
	}
	return rows
}

var ownNorm = []string{
	"set-norm", "hads", "anxiety", "--unit", "unit-1", "--name", "our own 2024", "--date", "2024-12-31",
	"--source", "quality report 2024", "--population", "all who began 2020-2023, n = 412",
}

func TestSettingsAreChangedOnTheRunningServer(t *testing.T) {
	dir := t.TempDir()
	p := start(t, dir)
	c := p.dial(t)
	for _, req := range []*pb.SubmitRequest{
		hadsRequest(pb.Occasion_OCCASION_BASELINE, "2023-02-01", 3, 2),
		hadsRequest(pb.Occasion_OCCASION_PROGRAMME_END, "2023-06-01", 0, 2),
	} {
		if _, err := c.Submissions().Submit(t.Context(), req); err != nil {
			t.Fatal(err)
		}
	}
	if got := p.mustSet(t, "list", "--kind", "norm"); got != "Nothing has been decided.\n" {
		t.Errorf("at first: %s", got)
	}
	p.mustSet(t, append(ownNorm, "--sd", "4.1", "--reliability", "0.83", "--note", "agreed in March")...)
	p.mustSet(t, append(ownNorm, "--mcid", "1.5,2.5", "--borrowed")...)
	p.mustSet(t, "set-window", "programme_end", "--from", "-7", "--to", "28", "--every-unit")
	p.mustSet(t, "set-window", "programme_end", "--from", "-7", "--to", "30", "--every-unit")
	p.mustSet(t, "remove", "norm", "hads/anxiety/mcid", "--unit", "unit-1")

	check := func(when string) {
		t.Helper()
		var got [][]string
		for _, row := range columns(p.mustSet(t, "list", "--unit", "unit-1")) {
			if row[1] != "active_definition" && row[0] != "UNIT" {
				got = append(got, append(row[:5], row[6:]...)) // without the moment
			}
		}
		want := [][]string{
			{"every unit", "window", "programme_end", "day -7 to 30", "2", "local"},
			{"unit-1", "norm", "hads/anxiety/sdc",
				"SDC 4.69 (SD 4.1, reliability 0.83): our own 2024, 2024-12-31; quality report 2024; all who began 2020-2023, n = 412", "1", "local", "agreed in March"},
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%s:\n%s", when, diff)
		}
		history := columns(p.mustSet(t, "list", "--history", "--name", "hads/anxiety/mcid"))
		if len(history) != 3 || !strings.HasPrefix(history[1][3], "MCID 1.5 to 2.5: ") || !strings.HasSuffix(history[1][3], "; not from pain") || history[2][3] != "removed" {
			t.Errorf("%s, history: %q", when, history)
		}
		reply, err := p.dial(t).Patients().GetTrend(t.Context(), &pb.GetTrendRequest{CareUnit: "unit-1", EpisodeId: "e-1"})
		if err != nil {
			t.Fatal(err)
		}
		for _, line := range reply.Trend.Scales {
			own := line.Scale == "anxiety"
			if v := thresholdOf(line, line.Changes[0].MeasurementError); (v.GetNorm() == "our own 2024") != own ||
				(v.GetLowest() == "4.69" && v.GetNormDate() == "2024-12-31" && v.GetBasis().Sources[0] == "quality report 2024") != own {
				t.Errorf("%s, %s: %v", when, line.Scale, v)
			}
			if v := thresholdOf(line, line.Changes[0].Importance); v.GetNorm() != "" {
				t.Errorf("%s, %s: %v", when, line.Scale, v)
			}
		}
	}
	check("while it runs")
	if err := p.stop(); err != nil {
		t.Fatal(err)
	}
	p = start(t, dir)
	check("after a restart")
}

// thresholdOf is what a verdict rests on, nil for none.
func thresholdOf(line *pb.ScaleTrend, v *pb.Verdict) *pb.TrendThreshold {
	if v.Threshold == nil {
		return nil
	}
	return line.Thresholds[*v.Threshold]
}

func TestActivateTakesEffectAtOnce(t *testing.T) {
	catalogue, err := instruments.Builtin()
	if err != nil {
		t.Fatal(err)
	}
	in, _ := catalogue.Instrument("hads", "")
	body, _ := catalogue.Content(in.DefinitionHash())
	folder := t.TempDir()
	second := strings.Replace(string(body), `version: "1"`, `version: "2"`, 1)
	if err := os.WriteFile(filepath.Join(folder, "hads-2.yaml"), []byte(second), 0o600); err != nil {
		t.Fatal(err)
	}
	p := start(t, t.TempDir(), "--instruments", folder)
	c := p.dial(t)
	active := func() string {
		t.Helper()
		info, err := c.Admin().GetServerInfo(t.Context(), &pb.GetServerInfoRequest{})
		if err != nil {
			t.Fatal(err)
		}
		for _, d := range info.ActiveDefinitions {
			if d.Instrument == "hads" {
				return d.Version
			}
		}
		return "none"
	}
	req := hadsRequest(pb.Occasion_OCCASION_BASELINE, "2023-02-01", 3, 2)
	if _, err := c.Submissions().Submit(t.Context(), req); err != nil || active() != "1" {
		t.Fatalf("version %s, error %v", active(), err)
	}
	out := p.mustSet(t, "activate", "hads", "2", "--note", "the manual's rule", "--json")
	var setting pb.Setting
	if err := protojson.Unmarshal([]byte(out), &setting); err != nil || setting.Number != 2 || setting.Etag != "n2" || setting.Note != "the manual's rule" {
		t.Errorf("%v: %s", err, out)
	}
	if active() != "2" {
		t.Errorf("version %s is active", active())
	}
	again, err := c.Submissions().Submit(t.Context(), req)
	if err != nil || !again.Replayed || again.Submission.ScoredSheet.Version != "1" {
		t.Errorf("the retry: %v, error %v", again, err)
	}
	end, err := c.Submissions().Submit(t.Context(), hadsRequest(pb.Occasion_OCCASION_PROGRAMME_END, "2023-06-01", 0, 1))
	if err != nil || end.Submission.ScoredSheet.Version != "2" {
		t.Errorf("a new sheet: %v, error %v", end, err)
	}
}

func TestMistakenSettingsCommandsSayWhatIsWrong(t *testing.T) {
	p := start(t, t.TempDir())
	tests := map[string]struct {
		args []string
		want []string // all of these stand in the error
	}{
		"a mistyped command":       {[]string{"sett"}, []string{"sett"}},
		"for whom":                 {[]string{"set-window", "baseline", "--from", "0", "--to", "1"}, []string{"unit", "every-unit"}},
		"for one or all":           {[]string{"set-window", "baseline", "--from", "0", "--to", "1", "--unit", "u", "--every-unit"}, []string{"unit", "every-unit"}},
		"an empty unit":            {[]string{"remove", "norm", "x", "--unit", ""}, []string{"--unit", "--every-unit"}},
		"no occasion":              {[]string{"set-window", "easter", "--from", "0", "--to", "1", "--every-unit"}, []string{"easter", "baseline"}},
		"half a window":            {[]string{"set-window", "baseline", "--from", "0", "--every-unit"}, []string{"to"}},
		"inside out":               {[]string{"set-window", "baseline", "--from", "2", "--to", "1", "--every-unit"}, []string{"window.to_days", "OUT_OF_RANGE"}},
		"no threshold":             {ownNorm, []string{"mcid", "sdc", "sd"}},
		"two thresholds":           {append(ownNorm, "--mcid", "1", "--sdc", "2"), []string{"mcid", "sdc"}},
		"half a reliability":       {append(ownNorm, "--sd", "1"), []string{"reliability"}},
		"three numbers":            {append(ownNorm, "--sdc", "1,2,3"), []string{"--sdc", "LOW,HIGH"}},
		"every problem of a norm":  {[]string{"set-norm", "hads", "fear", "--every-unit", "--sdc", "2,x"}, []string{"norm.scale", "UNKNOWN_SCALE", "norm.sdc.high", "norm.name", "norm.date", "norm.source", "norm.population"}},
		"unknown version":          {[]string{"activate", "hads", "9"}, []string{"active_definition.version", "UNKNOWN_VERSION"}},
		"unknown kind":             {[]string{"list", "--kind", "nrom"}, []string{"nrom", "norm"}},
		"nothing there to remove":  {[]string{"remove", "norm", "hads/anxiety/sdc", "--every-unit"}, []string{"SETTING_UNKNOWN"}},
		"a definition to remove":   {[]string{"remove", "active_definition", "hads", "--every-unit"}, []string{"remove.kind", "BAD_FORMAT"}},
		"somebody else was faster": {[]string{"activate", "hads", "1", "--etag", "n9"}, nil}, // active already: nothing to do
		"from another version":     {[]string{"set-window", "baseline", "--from", "0", "--to", "1", "--every-unit", "--etag", "n9"}, []string{"STALE_VERSION"}},
		"no server":                {[]string{"list", "--grpc", "127.0.0.1:1"}, []string{"no server answers at 127.0.0.1:1", "start painscored"}},
		"another machine":          {[]string{"list", "--grpc", "192.168.1.2:7443"}, []string{"--grpc"}},
	}
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) {
			_, err := p.settings(t, tc.args...)
			if (err == nil) != (tc.want == nil) {
				t.Fatalf("error %v", err)
			}
			for _, want := range tc.want {
				if !strings.Contains(err.Error(), want) {
					t.Errorf("%q does not name %q", err, want)
				}
			}
		})
	}
	if got := p.mustSet(t, "list", "--kind", "window", "--history"); got != "Nothing has been decided.\n" {
		t.Errorf("mistakes were stored:\n%s", got)
	}
}

func TestSettingsOverTheWire(t *testing.T) {
	c := start(t, t.TempDir()).dial(t)
	norm := &pb.ScaleNorm{
		Instrument: "nprs", Scale: "average_pain", Name: "n", Date: "2024-01-01", Source: "s", Population: "p", OverAYear: true, Borrowed: true,
		Threshold: &pb.ScaleNorm_Mcid{Mcid: &pb.NormInterval{Low: "1.50", High: "2"}},
	}
	request := &pb.ChangeSettingRequest{CareUnit: "unit-1", Change: &pb.ChangeSettingRequest_Norm{Norm: norm}, Note: "why", Etag: "n0"}
	first, err := c.Admin().ChangeSetting(t.Context(), request)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(norm, first.Setting.GetNorm(), protocmp.Transform()); diff != "" {
		t.Errorf("the norm comes back otherwise:\n%s", diff)
	}
	if s := first.Setting; s.CareUnit != "unit-1" || s.Kind != pb.SettingKind_SETTING_KIND_NORM || s.Name != "nprs/average_pain/mcid" ||
		s.Number != 1 || s.Etag != "n1" || s.ChangedBy != "local" || s.Note != "why" || s.ChangedAt.AsTime().IsZero() {
		t.Errorf("%v", s)
	}
	again, err := c.Admin().ChangeSetting(t.Context(), request) // its etag has been replaced by its own first run
	if diff := cmp.Diff(first, again, protocmp.Transform()); diff != "" || err != nil {
		t.Errorf("repeated: %v\n%s", err, diff)
	}
	list, err := c.Admin().ListSettings(t.Context(), &pb.ListSettingsRequest{Kind: pb.SettingKind_SETTING_KIND_NORM})
	if diff := cmp.Diff([]*pb.Setting{first.Setting}, list.GetSettings(), protocmp.Transform()); diff != "" || err != nil {
		t.Errorf("listed: %v\n%s", err, diff)
	}

	// What the way in and the use case find wrong stands in one list.
	bad := &pb.ChangeSettingRequest{Change: &pb.ChangeSettingRequest_Window{Window: &pb.OccasionWindow{Occasion: 77, FromDays: 2, ToDays: 1}}}
	bad.ProtoReflect().SetUnknown([]byte{0xf8, 0x3f, 0x01})
	_, err = c.Admin().ChangeSetting(t.Context(), bad)
	var refusal *client.Error
	if !errors.As(err, &refusal) || refusal.Code != codes.InvalidArgument {
		t.Fatalf("got %v", err)
	}
	fields := map[string]string{}
	for _, v := range refusal.Violations {
		fields[v.Field] = v.Reason
	}
	want := map[string]string{"": "UNKNOWN_FIELD", "window.occasion": "UNKNOWN_FIELD", "window.to_days": "OUT_OF_RANGE"}
	if diff := cmp.Diff(want, fields); diff != "" {
		t.Error(diff)
	}
	request.Etag, norm.Name = "n9", "m"
	if _, err := c.Admin().ChangeSetting(t.Context(), request); client.ReasonOf(err) != pb.ErrorReason_ERROR_REASON_STALE_VERSION {
		t.Errorf("got %v", err)
	}
}
