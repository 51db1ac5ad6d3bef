internal import TransportCore

/// The component kinds of this ecosystem.
public enum ComponentKind {
    /// An HTTP function endpoint, current form.
    public static let endpointV2 = "io.statefun.endpoints.v2/http"
    /// An HTTP function endpoint, older form.
    public static let endpointV1 = "io.statefun.endpoints.v1/http"
    /// Reads messages from Kafka topics.
    public static let kafkaIngress = "io.statefun.kafka.v1/ingress"
    /// Writes messages to Kafka topics.
    public static let kafkaEgress = "io.statefun.kafka.v1/egress"
    /// Reads messages from Kinesis streams.
    public static let kinesisIngress = "io.statefun.kinesis.v1/ingress"
    /// Writes messages to Kinesis streams.
    public static let kinesisEgress = "io.statefun.kinesis.v1/egress"
    /// Takes messages over HTTP, for local development.
    public static let playgroundIngress = "io.statefun.playground.v1/ingress"
    /// Hands messages out over HTTP, for local development.
    public static let playgroundEgress = "io.statefun.playground.v1/egress"

    /// Every kind above, the endpoints first.
    public static let all = [
        endpointV2, endpointV1, kafkaIngress, kafkaEgress, kinesisIngress, kinesisEgress, playgroundIngress, playgroundEgress,
    ]

    /// The form of an endpoint of that kind; `nil` for every other kind.
    static func endpointVersion(_ kind: String) -> EndpointVersion? {
        switch kind {
        case endpointV1: .v1
        case endpointV2: .v2
        default: nil
        }
    }

    /// The kind that a single document of version 3.0 or older means by the type it gives an endpoint, ingress or egress;
    /// any other type is a kind itself.
    static func current(ofLegacy type: String) -> String {
        switch type {
        case "http": endpointV1
        case "io.statefun.kafka/ingress": kafkaIngress
        case "io.statefun.kafka/egress": kafkaEgress
        case "io.statefun.kinesis/ingress": kinesisIngress
        case "io.statefun.kinesis/egress": kinesisEgress
        default: type
        }
    }

    /// The kind of those above that somebody probably meant by another one; `nil` where it is rather a kind of somebody else, of which
    /// one part, such as `rabbitmq`, is no slip of the fingers.
    public static func nearest(to kind: String) -> String? {
        let parts = parts(of: kind)
        return NearestName.of(
            kind,
            among: all.filter { candidate in
                let others = Self.parts(of: candidate)
                return parts.count == others.count
                    && zip(parts, others).allSatisfy { part, other in part == other || NearestName.of(part, among: [other]) != nil }
            }
        )
    }

    /// What a kind consists of, without its version.
    private static func parts(of kind: String) -> [String] {
        kind.split { $0 == "." || $0 == "/" }.map { String($0) }.filter { $0.first != "v" || $0.dropFirst().contains { !$0.isNumber } }
    }

    /// The kind of an endpoint that somebody probably meant by a kind that does not exist; `nil` for a kind of its own.
    static func misspeltEndpoint(_ kind: String) -> String? {
        guard !all.contains(kind) else { return nil }
        let nearest = nearest(to: kind)
        if let nearest, endpointVersion(nearest) != nil { return nearest }
        return kind.hasPrefix("io.statefun.endpoints.") ? endpointV2 : nil
    }
}
