module swarmup.test/docker-machine-driver-handed

go 1.19
