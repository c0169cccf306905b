package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"strconv"
	"syscall"
	"time"
)

// Driver is the plugin's record of a host: what GetConfigRaw returns, with the token in clear.
type Driver struct {
	MachineName, StorePath string
	IPAddress, SSHUser     string
	SSHPort, EnginePort    int
	SSHKeyPath, SSHKey     string
	Token, Fail            string
	SlowSeconds            int
	Labels                 []string
	Checked                bool
	Created, Stopped       bool
}

// Server is the plugin's side of net/rpc; its methods are those of libmachine's RPCServerDriver.
type Server struct {
	driver Driver
	beats  chan bool
	closed chan bool
}

type none = struct{}

func (s *Server) log(format string, values ...interface{}) {
	fmt.Printf("(%s) %s\n", s.driver.MachineName, fmt.Sprintf(format, values...))
}

// fails as the test asked for: by an error, or by a panic that takes the process with it.
func (s *Server) fails(method string) error {
	switch s.driver.Fail {
	case method:
		return errors.New(method + " failed: the quota of project 42 is used up")
	case method + " dies":
		go panic(method)
		time.Sleep(time.Minute)
	case method + " hangs":
		// As a plugin does that asks a program which hangs; not even its end is to be had.
		signal.Ignore(syscall.SIGTERM)
		child := exec.Command("sleep", "600")
		child.Start()
		s.log("Waiting for %d", child.Process.Pid)
		time.Sleep(time.Hour)
	}
	return nil
}

func (s *Server) GetVersion(_ *none, reply *int) error { *reply = 1; return nil }
func (s *Server) Heartbeat(_ *none, _ *none) error     { s.beats <- true; return nil }
func (s *Server) Close(_ *none, _ *none) error         { s.closed <- true; return nil }

func (s *Server) GetConfigRaw(_ *none, reply *[]byte) (err error) {
	*reply, err = json.Marshal(s.driver)
	return err
}

func (s *Server) SetConfigRaw(data []byte, _ *none) error { return json.Unmarshal(data, &s.driver) }

func (s *Server) GetCreateFlags(_ *none, reply *[]Flag) error {
	*reply = []Flag{
		StringFlag{Name: "handed-ip", Usage: "address of the host to hand out", EnvVar: "HANDED_IP"},
		StringFlag{Name: "handed-ssh-user", Usage: "user for ssh", Value: "root"},
		IntFlag{Name: "handed-ssh-port", Usage: "port of ssh", Value: 22},
		IntFlag{Name: "handed-engine-port", Usage: "port of the engine", Value: 2376},
		StringFlag{Name: "handed-ssh-key", Usage: "private key that the host accepts", EnvVar: "HANDED_SSH_KEY"},
		StringFlag{Name: "handed-token", Usage: "token of the cloud", EnvVar: "HANDED_TOKEN"},
		StringSliceFlag{Name: "handed-label", Usage: "labels", Value: []string{"some", "more"}},
		BoolFlag{Name: "handed-checked", Usage: "whether it was checked", EnvVar: "HANDED_CHECKED"},
		IntFlag{Name: "handed-slow", Usage: "seconds that the making takes"},
		StringFlag{Name: "handed-fail", Usage: "method that fails"},
	}
	return nil
}

func (s *Server) SetConfigFromFlags(options *DriverOptions, _ *none) error {
	given := *options
	// Every driver of libmachine reads these.
	given.Bool("swarm-master")
	given.String("swarm-host")
	given.String("swarm-discovery")
	s.driver.IPAddress = given.String("handed-ip")
	s.driver.SSHUser = given.String("handed-ssh-user")
	s.driver.SSHPort = given.Int("handed-ssh-port")
	s.driver.EnginePort = given.Int("handed-engine-port")
	s.driver.SSHKey = given.String("handed-ssh-key")
	s.driver.Token = given.String("handed-token")
	s.driver.Labels = given.StringSlice("handed-label")
	s.driver.Checked = given.Bool("handed-checked")
	s.driver.SlowSeconds = given.Int("handed-slow")
	s.driver.Fail = given.String("handed-fail")
	if s.driver.Token == "" {
		return errors.New("handed requires --handed-token")
	}
	return nil
}

func (s *Server) PreCreateCheck(_ *none, _ *none) error { return s.fails("PreCreateCheck") }

func (s *Server) Create(_ *none, _ *none) error {
	s.log("Looking for a host at %s with labels %v, token %s", s.driver.IPAddress, s.driver.Labels, s.driver.Token)
	key, err := os.ReadFile(s.driver.SSHKey)
	if err != nil {
		return err
	}
	folder := filepath.Join(s.driver.StorePath, "machines", s.driver.MachineName)
	s.driver.SSHKeyPath = filepath.Join(folder, "id_rsa")
	if err := os.WriteFile(s.driver.SSHKeyPath, key, 0600); err != nil {
		return err
	}
	s.driver.Created = true
	s.log("Waiting %d s for the host", s.driver.SlowSeconds)
	time.Sleep(time.Duration(s.driver.SlowSeconds) * time.Second)
	if err := s.fails("Create"); err != nil {
		return err
	}
	s.log("Handing out %s", s.driver.IPAddress)
	return nil
}

func (s *Server) Remove(_ *none, _ *none) error {
	s.log("Taking back %s", s.driver.IPAddress)
	s.driver.Created = false
	return s.fails("Remove")
}

func (s *Server) Start(_ *none, _ *none) error   { s.driver.Stopped = false; return s.fails("Start") }
func (s *Server) Stop(_ *none, _ *none) error    { s.driver.Stopped = true; return s.fails("Stop") }
func (s *Server) Kill(_ *none, _ *none) error    { s.driver.Stopped = true; return nil }
func (s *Server) Restart(_ *none, _ *none) error { return nil }

func (s *Server) GetState(_ *none, reply *int) error {
	*reply = 4
	if err := s.fails("GetState"); err != nil || !s.driver.Created || s.driver.Stopped {
		return err
	}
	address := net.JoinHostPort(s.driver.IPAddress, strconv.Itoa(s.driver.SSHPort))
	if connection, err := net.DialTimeout("tcp", address, 5*time.Second); err == nil {
		connection.Close()
		*reply = 1
	}
	return nil
}

func (s *Server) GetIP(_ *none, reply *string) error { *reply = s.driver.IPAddress; return nil }

func (s *Server) GetURL(_ *none, reply *string) error {
	*reply = fmt.Sprintf("tcp://%s:%d", s.driver.IPAddress, s.driver.EnginePort)
	return nil
}

func (s *Server) GetSSHHostname(_ *none, reply *string) error {
	*reply = s.driver.IPAddress
	return nil
}
func (s *Server) GetSSHUsername(_ *none, reply *string) error { *reply = s.driver.SSHUser; return nil }
func (s *Server) GetSSHKeyPath(_ *none, reply *string) error {
	*reply = s.driver.SSHKeyPath
	return nil
}
func (s *Server) GetSSHPort(_ *none, reply *int) error    { *reply = s.driver.SSHPort; return nil }
func (s *Server) DriverName(_ *none, reply *string) error { *reply = "handed"; return nil }
func (s *Server) GetMachineName(_ *none, reply *string) error {
	*reply = s.driver.MachineName
	return nil
}
