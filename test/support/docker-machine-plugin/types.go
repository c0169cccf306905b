package main

import (
	"encoding/gob"
	"fmt"
)

// The types that libmachine puts on the wire, under the names by which it registers them (drivers/rpc, mcnflag).

type Flag interface {
	fmt.Stringer
	Default() interface{}
}

type StringFlag struct {
	Name, Usage, EnvVar, Value string
}

type StringSliceFlag struct {
	Name, Usage, EnvVar string
	Value               []string
}

type IntFlag struct {
	Name, Usage, EnvVar string
	Value               int
}

type BoolFlag struct {
	Name, Usage, EnvVar string
}

func (f StringFlag) String() string            { return f.Name }
func (f StringFlag) Default() interface{}      { return f.Value }
func (f StringSliceFlag) String() string       { return f.Name }
func (f StringSliceFlag) Default() interface{} { return f.Value }
func (f IntFlag) String() string               { return f.Name }
func (f IntFlag) Default() interface{}         { return f.Value }
func (f BoolFlag) String() string              { return f.Name }
func (f BoolFlag) Default() interface{}        { return nil }

// DriverOptions is what SetConfigFromFlags takes: an interface, so that gob names the type of its value.
type DriverOptions interface {
	String(key string) string
	Int(key string) int
	Bool(key string) bool
	StringSlice(key string) []string
}

type RPCFlags struct {
	Values map[string]interface{}
}

// Like libmachine: a missing key is a fault of the client, and one of another type panics.
func (f RPCFlags) value(key string) interface{} {
	value, found := f.Values[key]
	if !found {
		fmt.Printf("(handed) MISSING flag %s\n", key)
	}
	return value
}

func (f RPCFlags) String(key string) string        { return f.value(key).(string) }
func (f RPCFlags) Int(key string) int              { return f.value(key).(int) }
func (f RPCFlags) Bool(key string) bool            { return f.value(key).(bool) }
func (f RPCFlags) StringSlice(key string) []string { return f.value(key).([]string) }

func init() {
	gob.RegisterName("*mcnflag.StringFlag", new(StringFlag))
	gob.RegisterName("*mcnflag.StringSliceFlag", new(StringSliceFlag))
	gob.RegisterName("*mcnflag.IntFlag", new(IntFlag))
	gob.RegisterName("*mcnflag.BoolFlag", new(BoolFlag))
	gob.RegisterName("*rpcdriver.RPCFlags", new(RPCFlags))
}
