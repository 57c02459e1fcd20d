package main

import (
	"bufio"
	"bytes"
	"context"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/cookiejar"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/credentials/insecure"
	healthpb "google.golang.org/grpc/health/grpc_health_v1"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/testing/protocmp"

	"github.com/painscore/painscore/client"
	pb "github.com/painscore/painscore/proto/painscore/v1"
	"github.com/painscore/painscore/server/access/signin"
)

// program is a running painscored.
type program struct {
	grpc, web string
	token     string // file to sign in by; empty for a demo, which asks for none
	browser   *http.Client
	signedIn  bool // the browser is
	stop      func() error
	output    *logBuffer // of both streams
}

// start runs the whole program in dir on free ports.
func start(t *testing.T, dir string, args ...string) *program {
	t.Helper()
	args = append([]string{"--data", dir, "--grpc", "127.0.0.1:0", "--web", "127.0.0.1:0", "--metrics", "off", "--log", "debug"}, args...)
	ctx, cancel := context.WithCancel(context.Background())
	reader, writer := io.Pipe()
	output := &logBuffer{}
	done := make(chan error, 1)
	go func() {
		err := run(ctx, args, func(string) string { return "" }, io.MultiWriter(output, writer), output)
		writer.CloseWithError(errors.Join(io.EOF, err))
		done <- err
	}()
	p := &program{output: output, stop: sync.OnceValue(func() error { cancel(); return <-done })}
	t.Cleanup(func() { p.stop() })
	lines := bufio.NewReader(reader)
	line, err := lines.ReadString('\n')
	if err != nil {
		t.Fatalf("start: %v", p.stop())
	}
	go io.Copy(io.Discard, lines)
	match := regexp.MustCompile(`pages on (https?://\S+), gRPC on (\S+), data in`).FindStringSubmatch(line)
	if match == nil {
		t.Fatalf("the line at the start names no addresses: %s", line)
	}
	p.web, p.grpc = match[1], match[2]
	if token := filepath.Join(dir, signin.LocalTokenFile); !slices.Contains(args, "--demo") {
		p.token = token
	}
	jar, err := cookiejar.New(nil)
	if err != nil {
		t.Fatal(err)
	}
	p.browser = &http.Client{Jar: jar}
	return p
}

// logBuffer collects what several goroutines write.
type logBuffer struct {
	mu   sync.Mutex
	text bytes.Buffer
}

func (b *logBuffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.text.Write(p)
}

func (b *logBuffer) String() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.text.String()
}

func (p *program) dial(t *testing.T) *client.Client {
	t.Helper()
	var options []client.Option
	if p.token != "" {
		options = append(options, client.WithTokenFile(p.token))
	}
	c, err := client.Dial(p.grpc, options...)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close() })
	return c
}

// page opens a page as whoever has the link of local mode.
func (p *program) page(t *testing.T, path string) (int, string) {
	t.Helper()
	if p.token != "" && !p.signedIn {
		link, err := signin.LocalPagesLink(filepath.Dir(p.token), strings.Trim(strings.TrimPrefix(p.web, "http:"), "/"), time.Now())
		if err != nil {
			t.Fatal(err)
		}
		if reply, _ := p.look(t, link); reply.Request.URL.Path != "/" {
			t.Fatalf("the link leads to %s", reply.Request.URL.Path)
		}
		p.signedIn = true
	}
	reply, body := p.look(t, strings.TrimSuffix(p.web, "/")+path)
	return reply.StatusCode, body
}

// look opens an address in the browser as it is.
func (p *program) look(t *testing.T, address string) (*http.Response, string) {
	t.Helper()
	reply, err := p.browser.Get(address)
	if err != nil {
		t.Fatal(err)
	}
	defer reply.Body.Close()
	body, err := io.ReadAll(reply.Body)
	if err != nil {
		t.Fatal(err)
	}
	return reply, string(body)
}

// personnummer is a published example that nobody bears.
const personnummer = "189001019802"

// hadsRequest is a HADS of the given occasion; all items are marked alike but
// for the first.
func hadsRequest(occasion pb.Occasion, on string, first, rest int32) *pb.SubmitRequest {
	req := &pb.SubmitRequest{
		SubmissionId: "hads-" + strings.ToLower(occasion.String()), CareUnit: "unit-1", EpisodeId: "e-1", Occasion: occasion, AnsweredOn: on,
		Patient:    &pb.PatientIdentifier{System: "personnummer", Value: "18900101-9802"},
		Instrument: "hads",
	}
	for i := range 14 {
		value := rest
		if i == 0 {
			value = first
		}
		req.Answers = append(req.Answers, &pb.Answer{Item: fmt.Sprint(i + 1), Response: &pb.Answer_Value{Value: value}})
	}
	return req
}

// TestFromAnswersToTrend is the main job from the outside: three occasions go
// in, the trend comes out, and it is the same after a restart.
func TestFromAnswersToTrend(t *testing.T) {
	dir := t.TempDir()
	p := start(t, dir)
	c := p.dial(t)
	ctx := t.Context()
	for _, req := range []*pb.SubmitRequest{
		hadsRequest(pb.Occasion_OCCASION_BASELINE, "2023-02-01", 3, 2),
		hadsRequest(pb.Occasion_OCCASION_PROGRAMME_END, "2023-06-01", 0, 1),
		hadsRequest(pb.Occasion_OCCASION_FOLLOW_UP_12_MONTHS, "2024-06-02", 2, 1),
	} {
		reply, err := c.Submissions().Submit(ctx, req)
		if err != nil {
			t.Fatal(err)
		}
		if got := reply.GetEpisodeCreated(); got != (req.Occasion == pb.Occasion_OCCASION_BASELINE) {
			t.Errorf("%s: episode created %v", req.Occasion, got)
		}
	}
	get := &pb.GetTrendRequest{CareUnit: "unit-1", EpisodeId: "e-1", Patient: &pb.PatientIdentifier{System: "personnummer", Value: personnummer}}
	before, err := c.Patients().GetTrend(ctx, get)
	if err != nil {
		t.Fatal(err)
	}
	var told []string
	for _, line := range before.Trend.Scales {
		for _, point := range line.Points {
			told = append(told, fmt.Sprintf("%s %s %s %s", line.Scale, before.Trend.Occasions[before.Trend.Sheets[point.Sheet].Occasion].Occasion, point.Score.GetValue(), point.Score.Band))
		}
		for _, change := range line.Changes {
			told = append(told, fmt.Sprintf("%s %s→%s %s %s", line.Scale, before.Trend.Occasions[change.From].Occasion, before.Trend.Occasions[change.To].Occasion, change.Difference, change.Movement))
		}
	}
	want := strings.Split(strings.NewReplacer("\t", "", "OCCASION_", "", "MOVEMENT_", "").Replace(`anxiety BASELINE 15 probable
		anxiety PROGRAMME_END 6 normal
		anxiety FOLLOW_UP_12_MONTHS 8 possible
		anxiety BASELINE→PROGRAMME_END -9 TOWARDS_BETTER
		anxiety BASELINE→FOLLOW_UP_12_MONTHS -7 TOWARDS_BETTER
		anxiety PROGRAMME_END→FOLLOW_UP_12_MONTHS 2 TOWARDS_WORSE
		depression BASELINE 14 probable
		depression PROGRAMME_END 7 normal
		depression FOLLOW_UP_12_MONTHS 7 normal
		depression BASELINE→PROGRAMME_END -7 TOWARDS_BETTER
		depression BASELINE→FOLLOW_UP_12_MONTHS -7 TOWARDS_BETTER
		depression PROGRAMME_END→FOLLOW_UP_12_MONTHS 0 SAME
		total BASELINE 29 
		total PROGRAMME_END 13 
		total FOLLOW_UP_12_MONTHS 15 
		total BASELINE→PROGRAMME_END -16 TOWARDS_BETTER
		total BASELINE→FOLLOW_UP_12_MONTHS -14 TOWARDS_BETTER
		total PROGRAMME_END→FOLLOW_UP_12_MONTHS 2 TOWARDS_WORSE`), "\n")
	for i := range told {
		told[i] = strings.NewReplacer("OCCASION_", "", "MOVEMENT_", "").Replace(told[i])
	}
	if diff := cmp.Diff(want, told); diff != "" {
		t.Error(diff)
	}
	if err := p.stop(); err != nil {
		t.Fatalf("stop: %v", err)
	}

	p = start(t, dir)
	after, err := p.dial(t).Patients().GetTrend(ctx, get)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(before, after, protocmp.Transform()); diff != "" {
		t.Errorf("another trend after a restart:\n%s", diff)
	}
	if code, page := p.page(t, "/units/unit-1/episodes/e-1"); code != http.StatusOK || !strings.Contains(page, "<svg") {
		t.Errorf("the episode's page answers %d, with a chart: %v", code, strings.Contains(page, "<svg"))
	}
}

// TestChangesComeWithVerdictsAndSentences: important but perhaps error, with
// its sources, in the language asked for.
func TestChangesComeWithVerdictsAndSentences(t *testing.T) {
	c := start(t, t.TempDir()).dial(t)
	for occasion, pain := range map[pb.Occasion]int32{pb.Occasion_OCCASION_BASELINE: 7, pb.Occasion_OCCASION_FOLLOW_UP_12_MONTHS: 5} {
		req := &pb.SubmitRequest{
			SubmissionId: occasion.String(), CareUnit: "unit-1", EpisodeId: "e-1", Occasion: occasion, AnsweredOn: "2024-02-01", AllowNewEpisode: true,
			Patient: client.Personnummer(personnummer), Instrument: "nprs", Answers: client.Answers(map[string]int32{"average_pain": pain}),
		}
		if _, err := c.Submissions().Submit(t.Context(), req); err != nil {
			t.Fatal(err)
		}
	}
	for language, word := range map[string]string{"sv": "smärta", "en": "pain"} {
		reply, err := c.Patients().GetTrend(t.Context(), &pb.GetTrendRequest{CareUnit: "unit-1", EpisodeId: "e-1", Language: language})
		if err != nil {
			t.Fatal(err)
		}
		line := reply.Trend.Scales[0]
		change := line.Changes[0]
		if change.Importance.Answer != pb.VerdictAnswer_VERDICT_ANSWER_YES || change.MeasurementError.Answer != pb.VerdictAnswer_VERDICT_ANSWER_UNCERTAIN ||
			change.PercentReduction != "28.6" || change.PercentClass != "minimal" || line.EvidenceHash == "" {
			t.Errorf("got %v", change)
		}
		source := line.Thresholds[change.Importance.GetThreshold()].Basis.Sources[0]
		if !slices.ContainsFunc(reply.Trend.Sources, func(s *pb.Source) bool { return s.Source == source && strings.Contains(s.Citation, "2024") }) {
			t.Errorf("%s is not among %v", source, reply.Trend.Sources)
		}
		if !strings.Contains(strings.ToLower(change.Sentence), word) {
			t.Errorf("%s: %q", language, change.Sentence)
		}
	}
	_, err := c.Patients().GetTrend(t.Context(), &pb.GetTrendRequest{CareUnit: "unit-1", EpisodeId: "e-1", Language: "xx"})
	if client.ReasonOf(err) != pb.ErrorReason_ERROR_REASON_BAD_FORMAT {
		t.Errorf("an unknown language: %v", err)
	}
}

// TestNoIdentifierAnywhereButSealed plants an identifier in every call that
// takes one, also in broken ones, and looks for it in every file and in the
// log. The care unit's name, which is not sealed, shows that the search works.
func TestNoIdentifierAnywhereButSealed(t *testing.T) {
	dir := t.TempDir()
	p := start(t, dir)
	c := p.dial(t)
	ctx := t.Context()
	patient := &pb.PatientIdentifier{System: "personnummer", Value: personnummer}
	good := hadsRequest(pb.Occasion_OCCASION_BASELINE, "2023-02-01", 3, 2)
	if _, err := c.Submissions().Submit(ctx, good); err != nil {
		t.Fatal(err)
	}
	refused := []func(req *pb.SubmitRequest){
		func(req *pb.SubmitRequest) { req.EpisodeId = personnummer },
		func(req *pb.SubmitRequest) { req.SubmissionId, req.EpisodeId = "x-"+personnummer, "e 1" },
		func(req *pb.SubmitRequest) { req.Answers[0].Item = personnummer },
		func(req *pb.SubmitRequest) { req.AnsweredOn = personnummer },
		func(req *pb.SubmitRequest) { req.Instrument = personnummer },
		func(req *pb.SubmitRequest) { req.Occasion, req.EpisodeId = pb.Occasion_OCCASION_PROGRAMME_END, "other" },
		func(req *pb.SubmitRequest) { req.Answers[0].Response = &pb.Answer_Value{Value: 1} },
	}
	var said strings.Builder
	for _, spoil := range refused {
		req := proto.Clone(good).(*pb.SubmitRequest)
		spoil(req)
		_, err := c.Submissions().Submit(ctx, req)
		if err == nil {
			t.Fatal("a broken submission was taken")
		}
		var refusal *client.Error
		if !errors.As(err, &refusal) {
			t.Fatalf("not a typed error: %v", err)
		}
		fmt.Fprintf(&said, "%v %+v\n", err, *refusal)
	}
	for _, call := range []func() error{
		func() error {
			_, err := c.Patients().GetTrend(ctx, &pb.GetTrendRequest{CareUnit: "unit-1", Patient: patient})
			return err
		},
		func() error {
			_, err := c.Patients().ListEpisodes(ctx, &pb.ListEpisodesRequest{CareUnit: "unit-1", Patient: patient})
			return err
		},
		func() error {
			_, err := c.Patients().UpsertEpisode(ctx, &pb.UpsertEpisodeRequest{Patient: patient, Episode: &pb.Episode{CareUnit: "unit-1", EpisodeId: "e-1", Cohort: "spring"}})
			return err
		},
	} {
		if err := call(); err != nil {
			t.Fatal(err)
		}
	}
	for _, path := range []string{"/", "/units/unit-1/episodes/e-1", "/units/unit-1/episodes/" + personnummer, "/?q=" + personnummer} {
		_, body := p.page(t, path)
		if path == "/" || path == "/units/unit-1/episodes/e-1" {
			said.WriteString(body)
		}
	}
	search := func(when string) (controls int) {
		t.Helper()
		files, err := filepath.Glob(filepath.Join(dir, "*"))
		if err != nil {
			t.Fatal(err)
		}
		for _, name := range files {
			body, err := os.ReadFile(name)
			if err != nil {
				t.Fatal(err)
			}
			if where := holdsIdentifier(body); where != "" {
				t.Errorf("%s: %s holds the identifier, %s", when, filepath.Base(name), where)
			}
			controls += bytes.Count(body, []byte("unit-1"))
		}
		return controls
	}
	if search("while running") == 0 {
		t.Error("not even the care unit's name was found; the search is blind")
	}
	if err := p.stop(); err != nil {
		t.Fatal(err)
	}
	search("after the stop")
	if where := holdsIdentifier([]byte(p.output.String())); where != "" {
		t.Errorf("the output holds the identifier, %s:\n%s", where, p.output)
	}
	if where := holdsIdentifier([]byte(said.String())); where != "" {
		t.Errorf("a reply or page holds the identifier, %s", where)
	}
	if !strings.Contains(p.output.String(), "SubmissionService/Submit") {
		t.Error("the log does not even name the call; the search is blind")
	}
}

// holdsIdentifier looks for the planted number in the forms in which it could
// have been written.
func holdsIdentifier(body []byte) string {
	for _, form := range []string{personnummer, personnummer[2:], personnummer[:8] + "-" + personnummer[8:], personnummer[2:8] + "-" + personnummer[8:]} {
		for name, text := range map[string]string{"plain": form, "hex": hex.EncodeToString([]byte(form))} {
			if bytes.Contains(body, []byte(text)) {
				return name
			}
		}
	}
	return ""
}

func TestDemoStoreIsDemoForGood(t *testing.T) {
	demoDir, realDir := t.TempDir(), t.TempDir()
	first := start(t, demoDir, "--demo")
	list, err := first.dial(t).Patients().ListEpisodes(t.Context(), &pb.ListEpisodesRequest{})
	if err != nil || len(list.Episodes) < 40 {
		t.Fatalf("%d demo episodes, error %v", len(list.GetEpisodes()), err)
	}
	if code, page := first.page(t, "/"); code != http.StatusOK || !strings.Contains(strings.ToLower(page), "demo") {
		t.Errorf("the first page answers %d and names the demo: %v", code, strings.Contains(page, "demo"))
	}
	if err := first.stop(); err != nil {
		t.Fatal(err)
	}
	second := start(t, demoDir, "--demo")
	again, err := second.dial(t).Patients().ListEpisodes(t.Context(), &pb.ListEpisodesRequest{})
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(list, again, protocmp.Transform()); diff != "" {
		t.Errorf("the second start changed the demo:\n%s", diff)
	}
	second.stop()
	refused := func(dir, word string, args ...string) {
		t.Helper()
		args = append([]string{"--data", dir, "--grpc", "127.0.0.1:0", "--web", "127.0.0.1:0"}, args...)
		ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
		defer cancel()
		if err := run(ctx, args, func(string) string { return "" }, io.Discard, io.Discard); err == nil || !strings.Contains(err.Error(), word) {
			t.Errorf("got %v, want a refusal that says %q", err, word)
		}
	}
	refused(demoDir, "this is a demo store")
	start(t, realDir).stop()
	refused(realDir, "not a demo store", "--demo")
}

// TestEveryChangeOfTheDemoIsJudgedAndTold: no change is left without both
// verdicts, or without a sentence in either language.
func TestEveryChangeOfTheDemoIsJudgedAndTold(t *testing.T) {
	c := start(t, t.TempDir(), "--demo").dial(t)
	list, err := c.Patients().ListEpisodes(t.Context(), &pb.ListEpisodesRequest{})
	if err != nil {
		t.Fatal(err)
	}
	seen := map[pb.VerdictAnswer]int{}
	for _, episode := range list.Episodes {
		told := map[string]string{}
		for _, language := range []string{"sv", "en"} {
			reply, err := c.Patients().GetTrend(t.Context(), &pb.GetTrendRequest{CareUnit: episode.CareUnit, EpisodeId: episode.EpisodeId, Language: language})
			if err != nil {
				t.Fatal(err)
			}
			for _, line := range reply.Trend.Scales {
				for _, change := range line.Changes {
					what := fmt.Sprintf("%s %s %s %s, %s→%s", episode.EpisodeId, line.Instrument, line.Scale, line.ValueSet, reply.Trend.Occasions[change.From].Occasion, reply.Trend.Occasions[change.To].Occasion)
					if change.Sentence == "" || change.Sentence == told[what] {
						t.Errorf("%s (%s): %q", what, language, change.Sentence)
					}
					told[what] = change.Sentence
					judged := change.Importance.GetAnswer() != 0 && change.MeasurementError.GetAnswer() != 0
					if judged != change.Comparable || change.Comparable == (change.NotComparableReason != 0) {
						t.Errorf("%s: %v", what, change)
					}
					seen[change.Importance.GetAnswer()]++
					seen[change.MeasurementError.GetAnswer()]++
				}
			}
		}
	}
	for name, number := range pb.VerdictAnswer_value {
		if seen[pb.VerdictAnswer(number)] == 0 {
			t.Errorf("the demo shows no %s", name)
		}
	}
}

func TestMissingOrForeignKeyFileStopsTheStart(t *testing.T) {
	dir := t.TempDir()
	start(t, dir).stop()
	again := func() error {
		ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
		defer cancel()
		return run(ctx, []string{"--data", dir, "--grpc", "127.0.0.1:0", "--web", "127.0.0.1:0"}, func(string) string { return "" }, io.Discard, io.Discard)
	}
	name := filepath.Join(dir, keyFile)
	if err := os.Rename(name, name+".away"); err != nil {
		t.Fatal(err)
	}
	if err := again(); err == nil || !strings.Contains(err.Error(), "missing") {
		t.Errorf("without the key file: %v", err)
	}
	if _, err := os.Stat(name); err == nil {
		t.Error("a new key file was made for an old database")
	}
	other := t.TempDir()
	start(t, other).stop()
	foreign, err := os.ReadFile(filepath.Join(other, keyFile))
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(name, foreign, 0o600); err != nil {
		t.Fatal(err)
	}
	if err := again(); err == nil || !strings.Contains(err.Error(), "not the one") {
		t.Errorf("with another database's key file: %v", err)
	}
}

func TestHealthTellsThatItServes(t *testing.T) {
	p := start(t, t.TempDir())
	conn, err := grpc.NewClient(p.grpc, grpc.WithTransportCredentials(insecure.NewCredentials()))
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	reply, err := healthpb.NewHealthClient(conn).Check(t.Context(), &healthpb.HealthCheckRequest{})
	if err != nil || reply.Status != healthpb.HealthCheckResponse_SERVING {
		t.Errorf("got %v, %v", reply, err)
	}
}

func TestPagesRefuseAForeignHost(t *testing.T) {
	p := start(t, t.TempDir())
	req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, p.web, nil)
	if err != nil {
		t.Fatal(err)
	}
	req.Host = "painscore.attacker.example"
	reply, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer reply.Body.Close()
	if reply.StatusCode < 400 {
		t.Errorf("answered %d to a name that is not this machine's", reply.StatusCode)
	}
}

// TestStopFinishesWhatWasBegun stops the program under calls: each either
// succeeds or is refused as unavailable, and the program ends in time.
func TestStopFinishesWhatWasBegun(t *testing.T) {
	dir := t.TempDir()
	p := start(t, dir)
	c := p.dial(t)
	var wg sync.WaitGroup
	acknowledged := make(chan string, 1000)
	began := make(chan struct{})
	for w := range 8 {
		wg.Go(func() {
			for i := range 100 {
				req := hadsRequest(pb.Occasion_OCCASION_BASELINE, "2023-02-01", 3, 2)
				req.SubmissionId, req.EpisodeId = fmt.Sprintf("s-%d-%d", w, i), fmt.Sprintf("e-%d-%d", w, i)
				ctx, cancel := context.WithTimeout(context.Background(), time.Second)
				_, err := c.Submissions().Submit(ctx, req)
				cancel()
				if err != nil {
					return
				}
				acknowledged <- req.SubmissionId
				if i == 3 && w == 0 {
					close(began)
				}
			}
		})
	}
	<-began
	stopped := time.Now()
	if err := p.stop(); err != nil {
		t.Fatal(err)
	}
	if took := time.Since(stopped); took > 10*time.Second {
		t.Errorf("took %s to stop", took)
	}
	wg.Wait()
	close(acknowledged)
	p = start(t, dir)
	c = p.dial(t)
	n := 0
	for id := range acknowledged {
		if _, err := c.Submissions().GetSubmission(t.Context(), &pb.GetSubmissionRequest{CareUnit: "unit-1", SubmissionId: id}); err != nil {
			t.Errorf("%s was acknowledged and is lost: %v", id, err)
		}
		n++
	}
	if n == 0 {
		t.Error("nothing was acknowledged; the test shows nothing")
	}
}

func TestSubmitRefusalsFromOutside(t *testing.T) {
	c := start(t, t.TempDir()).dial(t)
	base := hadsRequest(pb.Occasion_OCCASION_BASELINE, "2023-02-01", 3, 2)
	tests := []struct {
		name   string
		change func(*pb.SubmitRequest)
		code   codes.Code
		reason string
		fields []string
	}{
		{"unknown instrument", func(r *pb.SubmitRequest) { r.Instrument = "x" }, codes.InvalidArgument, "UNKNOWN_INSTRUMENT", []string{"instrument"}},
		{"two kinds", func(r *pb.SubmitRequest) { r.CareUnit = ""; r.Answers[1].Item = "99" }, codes.InvalidArgument, "INVALID_INPUT", []string{"care_unit", "answers[1].item"}},
		{"unset answer", func(r *pb.SubmitRequest) { r.Answers[1].Response = nil }, codes.InvalidArgument, "BAD_ANSWER", []string{"answers[1].value"}},
		{"occasion missing", func(r *pb.SubmitRequest) { r.Occasion = 0 }, codes.InvalidArgument, "REQUIRED", []string{"occasion"}},
		{"unknown occasion", func(r *pb.SubmitRequest) { r.Occasion = 77 }, codes.InvalidArgument, "UNKNOWN_FIELD", []string{"occasion"}},
		{"unknown kind of blank", func(r *pb.SubmitRequest) { r.Answers[3].Response = &pb.Answer_NotAnswered{NotAnswered: 99} }, codes.InvalidArgument, "UNKNOWN_FIELD", []string{"answers[3].not_answered"}},
		{"field of a newer contract", func(r *pb.SubmitRequest) { r.ProtoReflect().SetUnknown([]byte{0xf8, 0x3f, 0x01}) }, codes.InvalidArgument, "UNKNOWN_FIELD", []string{""}},
		{"such a field deep inside", func(r *pb.SubmitRequest) { r.Answers[2].ProtoReflect().SetUnknown([]byte{0xf8, 0x3f, 0x01}) }, codes.InvalidArgument, "UNKNOWN_FIELD", []string{"answers[2]"}},
		{"episode unknown", func(r *pb.SubmitRequest) { r.Occasion = pb.Occasion_OCCASION_PROGRAMME_END }, codes.NotFound, "EPISODE_UNKNOWN", nil},
		{"ten megabytes", func(r *pb.SubmitRequest) {
			for range 500_000 {
				r.Answers = append(r.Answers, &pb.Answer{Item: "0123456789abcdef", Response: &pb.Answer_Value{Value: 1}})
			}
		}, codes.ResourceExhausted, "TOO_LARGE", []string{""}},
		{"too many answers", func(r *pb.SubmitRequest) {
			for range 600 {
				r.Answers = append(r.Answers, &pb.Answer{Item: "1", Response: &pb.Answer_Value{Value: 1}})
			}
		}, codes.InvalidArgument, "TOO_MANY", []string{"answers"}},
	}
	for _, tc := range tests {
		t.Run(tc.name, func(t *testing.T) {
			req := proto.Clone(base).(*pb.SubmitRequest)
			tc.change(req)
			_, err := c.Submissions().Submit(t.Context(), req)
			var refusal *client.Error
			if !errors.As(err, &refusal) {
				t.Fatalf("got %v, want a typed error", err)
			}
			if refusal.Code != tc.code || refusal.Reason != tc.reason {
				t.Errorf("got %s %s, want %s %s", refusal.Code, refusal.Reason, tc.code, tc.reason)
			}
			var fields []string
			for _, v := range refusal.Violations {
				fields = append(fields, v.Field)
			}
			if diff := cmp.Diff(tc.fields, fields); diff != "" {
				t.Error(diff)
			}
		})
	}
	list, err := c.Patients().ListEpisodes(t.Context(), &pb.ListEpisodesRequest{})
	if err != nil || len(list.Episodes) != 0 {
		t.Errorf("after refusals only there are %d episodes, error %v", len(list.GetEpisodes()), err)
	}
}
