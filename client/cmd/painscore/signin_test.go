package main

import (
	"context"
	"net"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"google.golang.org/grpc"
	"google.golang.org/grpc/metadata"

	pb "github.com/painscore/painscore/proto/painscore/v1"
)

// headers serves empty replies and keeps what each call said of its maker.
type headers struct {
	pb.UnimplementedPatientServiceServer
	mu  sync.Mutex
	all []metadata.MD
}

func (h *headers) ListEpisodes(ctx context.Context, _ *pb.ListEpisodesRequest) (*pb.ListEpisodesResponse, error) {
	header, _ := metadata.FromIncomingContext(ctx)
	h.mu.Lock()
	defer h.mu.Unlock()
	h.all = append(h.all, header)
	return &pb.ListEpisodesResponse{}, nil
}

func TestFlagsAndEnvironmentSayWhoCalls(t *testing.T) {
	h := &headers{}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	server := grpc.NewServer()
	pb.RegisterPatientServiceServer(server, h)
	go server.Serve(listener)
	t.Cleanup(server.Stop)
	folder := t.TempDir()
	for name, text := range map[string]string{"local.token": "local", "mine": "mine", "other": "other"} {
		if err := os.WriteFile(filepath.Join(folder, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	for _, name := range []string{envUnit, envUser, envAsUnit, envPurpose, envTokenFile, envCA, envCert, envKey} {
		t.Setenv(name, "")
	}
	t.Setenv(envAddr, listener.Addr().String())
	tests := []struct {
		name, args                         string
		env                                map[string]string
		authorization, user, unit, purpose string
	}{
		{"nothing, and no file", "", map[string]string{"PAINSCORE_DATA": folder + "/none"}, "", "", "", ""},
		{"nothing, and the local file", "", nil, "Bearer local", "", "", ""},
		{"the unit of the data", "--unit u1", nil, "Bearer local", "", "u1", ""},
		{"another unit than that of the data", "--unit u1 --as-unit u2", nil, "Bearer local", "", "u2", ""},
		{"all by flags", "--token-file " + folder + "/mine --user p --as-unit u --purpose care", map[string]string{envTokenFile: folder + "/other", envUser: "q", envAsUnit: "v", envPurpose: "quality"},
			"Bearer mine", "p", "u", "care"},
		{"all by environment", "", map[string]string{envTokenFile: folder + "/other", envUser: "q", envUnit: "v", envPurpose: "quality"}, "Bearer other", "q", "v", "quality"},
	}
	for _, tc := range tests {
		t.Run(tc.name, func(t *testing.T) {
			t.Setenv("PAINSCORE_DATA", folder)
			for name, value := range tc.env {
				t.Setenv(name, value)
			}
			if code, _, errs := command(t, "", append([]string{"episodes"}, strings.Fields(tc.args)...)...); code != exitDone {
				t.Fatalf("code %d, %s", code, errs)
			}
			got := h.all[len(h.all)-1]
			for key, want := range map[string]string{"authorization": tc.authorization, "painscore-user": tc.user, "painscore-unit": tc.unit, "painscore-purpose": tc.purpose} {
				if said := strings.Join(got.Get(key), "|"); said != want {
					t.Errorf("%s: %q, want %q", key, said, want)
				}
			}
		})
	}
}

func TestSignInFlagsThatDoNotFitAreRefusedBeforeTheCall(t *testing.T) {
	for _, name := range []string{envTokenFile, envCA, envCert, envKey} {
		t.Setenv(name, "")
	}
	for args, part := range map[string]string{
		"--cert gone.pem --addr 127.0.0.1:1":           "go together",
		"--key gone.pem --addr 127.0.0.1:1":            "go together",
		"--ca gone.pem --addr 192.0.2.1:1":             "gone.pem",
		"--cert gone.pem --key k --addr 192.0.2.1:1":   "gone.pem",
		"--purpose care --user u --addr 192.0.2.1:1":   "ssh -L",
		"--as-unit u --purpose care --addr painscored": "host:port",
	} {
		if code, _, errs := command(t, "", append([]string{"episodes"}, strings.Fields(args)...)...); code != exitUsage || !strings.Contains(errs, part) {
			t.Errorf("%s: code %d, %s", args, code, errs)
		}
	}
}
