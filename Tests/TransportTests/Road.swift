import TestSupport
import Testing
import TransportCore

/// What lies between a transport and its peer.
enum Road: String, CaseIterable, CustomTestStringConvertible {
    case tcp
    case tls
    case unix
    case secureUnix

    var testDescription: String { rawValue }

    var isSecure: Bool { self == .tls || self == .secureUnix }
}

/// A scripted peer at the end of a road, and how to reach it.
struct RoadPeer {
    let server: RawServer
    let road: Road
    private let authority: String
    private let folder: TemporaryDirectory

    init(_ road: Road, scripts: [[RawServer.Step]]) async throws {
        let certificates = try await TestCertificates.shared()
        self.road = road
        authority = certificates.authority
        folder = try TemporaryDirectory()
        let place: RawServer.Place =
            switch road {
            case .tcp, .tls: .tcp
            case .unix, .secureUnix: .unix(path: folder.file("f.sock"))
            }
        server = try await RawServer.start(place, scripts: scripts, tls: road.isSecure ? certificates.server(.localhost) : nil)
    }

    init(_ road: Road, _ script: [RawServer.Step]) async throws {
        try await self.init(road, scripts: [script])
    }

    /// What the `Host` field says of it.
    var hostHeader: String {
        switch road {
        case .tcp, .tls: "localhost:\(server.port)"
        case .unix, .secureUnix: "localhost"
        }
    }

    /// The URL of a path there.
    func url(_ path: String) -> String {
        switch road {
        case .tcp: "http://localhost:\(server.port)\(path)"
        case .tls: "https://localhost:\(server.port)\(path)"
        case .unix: "http+unix://\(folder.file("f.sock"))\(path)"
        case .secureUnix: "https+unix://\(folder.file("f.sock"))\(path)"
        }
    }

    func client(_ world: TransportWorld, path: String = "/functions", _ entries: [SpecNode.Entry] = []) throws -> any RequestReplyClient {
        let trust = road.isSecure ? [Wiring.entry("trust_cacerts", .scalar(authority))] : []
        return try world.client(url(path), entries + trust)
    }
}
