/// The gateway, beside a reverse proxy that one could put there instead.
extension Benchmark {
    static let gateway = Benchmark(
        name: "gateway",
        summary: "statefun gateway beside nginx: TCP and UNIX sockets, 64 and 1024 in flight, 100 bytes and 100 KB"
    ) { bench in
        try ProxySetup.all.flatMap { try rows(of: $0, bench) }
    }

    /// Runs one setup with programs of its own, so that a peak of memory is that of the setup.
    private static func rows(of setup: ProxySetup, _ bench: Bench) throws -> [Row] {
        let server = try bench.server()
        let plan = CallPlan(url: server.plainURL, inFlight: setup.inFlight, argumentBytes: setup.bytes)
        let body = try bench.folder.write(plan.payload(), "body-\(plan.invocations)-\(plan.argumentBytes)")
        let proxies: [any Proxy] = [
            try NginxProxy(serverPort: server.port, in: bench.folder),
            try GatewayProxy(url: server.plainURL, in: bench.folder),
        ]
        func contender(_ name: String, _ proxy: (any Proxy)?) throws -> ProxyContender {
            let port = Poster.Place.port(proxy?.port ?? server.port)
            let place = setup.isUnix ? Poster.Place.socket(proxy?.socket ?? server.socket) : port
            let poster = try Poster(to: place, body: body, connections: setup.inFlight, core: bench.serverCore)
            return ProxyContender(name, proxy, poster, server: server.processID)
        }
        let contenders = try [contender("no proxy", nil)] + proxies.map { try contender($0.name, $0) }
        defer { contenders.forEach { $0.stop() } }
        return try bench.rows("gateway", setup.title, contenders)
    }
}

extension Target {
    /// What the gateway should reach: nginx, in every setup.
    static let gateway = ProxySetup.all.flatMap { setup in
        let limits: [(Figure, Double)] = [(.ofNginx, 1), (.medianOfNginx, 1), (.ninetyNinthOfNginx, 1)]
        let memory: [(Figure, Double)] = setup.inFlight == 1_024 ? [(.peakMemory, 50)] : []
        return (limits + memory).map { Target("gateway", setup.title, GatewayProxy.proxyName, $0, $1) }
    }
}
