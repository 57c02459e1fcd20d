// Command generate writes the table of access rules that the contract gives:
// the option on every RPC in proto/painscore/v1, as Go.
//
//	go generate ./server/access
//
// An RPC without the option stops it: what nobody decided on must not slip in.
package main

import (
	"bytes"
	"fmt"
	"go/format"
	"os"
	"slices"
	"strings"

	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/types/descriptorpb"

	pb "github.com/painscore/painscore/proto/painscore/v1"
)

func main() {
	if len(os.Args) != 2 {
		fmt.Fprintln(os.Stderr, "usage: generate FILE")
		os.Exit(2)
	}
	text, err := table()
	if err == nil {
		err = os.WriteFile(os.Args[1], text, 0o644)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "generate:", err)
		os.Exit(1)
	}
}

// services are the files whose services the table covers; a service that is
// missing here is missed by the test of package server, which knows them all.
var services = []protoreflect.FileDescriptor{
	pb.File_painscore_v1_admin_service_proto,
	pb.File_painscore_v1_audit_service_proto,
	pb.File_painscore_v1_patient_service_proto,
	pb.File_painscore_v1_registry_service_proto,
	pb.File_painscore_v1_scoring_service_proto,
	pb.File_painscore_v1_submission_service_proto,
}

// line is one call of the contract.
type line struct{ name, action, rule string }

func table() ([]byte, error) {
	var lines []line
	for _, file := range services {
		for i := range file.Services().Len() {
			methods := file.Services().Get(i).Methods()
			for j := range methods.Len() {
				one, err := lineOf(methods.Get(j))
				if err != nil {
					return nil, err
				}
				lines = append(lines, one)
			}
		}
	}
	slices.SortFunc(lines, func(a, b line) int { return strings.Compare(a.action, b.action) })
	var out bytes.Buffer
	out.WriteString("// Code generated from the contract by go generate ./server/access. DO NOT EDIT.\n\npackage access\n\n")
	out.WriteString("// The calls of the contract.\nconst (\n")
	for _, l := range lines {
		fmt.Fprintf(&out, "%s Action = %q\n", l.name, l.action)
	}
	out.WriteString(")\n\nvar rules = map[Action]Rule{\n")
	for _, l := range lines {
		fmt.Fprintf(&out, "%s: %s,\n", l.name, l.rule)
	}
	out.WriteString("}\n")
	return format.Source(out.Bytes())
}

func lineOf(method protoreflect.MethodDescriptor) (line, error) {
	options, ok := method.Options().(*descriptorpb.MethodOptions)
	if !ok || !proto.HasExtension(options, pb.E_Access) {
		return line{}, fmt.Errorf("%s has no access rule", method.FullName())
	}
	rule := proto.GetExtension(options, pb.E_Access).(*pb.AccessRule)
	if len(rule.GetRoles()) == 0 {
		return line{}, fmt.Errorf("%s allows no role", method.FullName())
	}
	if (rule.GetActivity() == 0) != (rule.GetScope() == 0) && rule.GetScope() != 0 {
		return line{}, fmt.Errorf("%s concerns patients and names no activity", method.FullName())
	}
	var roles []string
	for _, role := range rule.GetRoles() {
		roles = append(roles, word("ROLE_", role.String()))
	}
	return line{
		name:   string(method.Name()) + "Call",
		action: string(method.Parent().Name()) + "." + string(method.Name()),
		rule:   fmt.Sprintf("{Roles: []Role{%s}, Activity: %s, Scope: %s}", strings.Join(roles, ", "), activity(rule), scope(rule)),
	}, nil
}

func activity(rule *pb.AccessRule) string {
	if rule.GetActivity() == pb.Activity_ACTIVITY_UNSPECIFIED {
		return "NoActivity"
	}
	return word("ACTIVITY_", rule.GetActivity().String())
}

func scope(rule *pb.AccessRule) string {
	if rule.GetScope() == pb.Scope_SCOPE_UNSPECIFIED {
		return "ScopeNone"
	}
	return "Scope" + word("SCOPE_", rule.GetScope().String())
}

// word turns ROLE_INTEGRATOR into Integrator.
func word(prefix, name string) string {
	name = strings.ToLower(strings.TrimPrefix(name, prefix))
	return strings.ToUpper(name[:1]) + name[1:]
}
