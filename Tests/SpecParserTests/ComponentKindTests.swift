import SpecParser
import Testing

@Suite struct ComponentKindTests {
    @Test(
        "a slip of the fingers leads to the kind that was meant, also to one of another version",
        arguments: [
            ("io.statefun.kafka.v1/ingres", ComponentKind.kafkaIngress), ("io.statfun.kinesis.v1/egress", ComponentKind.kinesisEgress),
            ("io.statefun.kafka.v2/egress", ComponentKind.kafkaEgress), ("io.statefun.kafka/ingress", ComponentKind.kafkaIngress),
            ("io.statefun.playgrond.v1/ingress", ComponentKind.playgroundIngress),
        ]
    )
    func slips(kind: String, meant: String) {
        #expect(ComponentKind.nearest(to: kind) == meant)
    }

    @Test(
        "a kind of somebody else is no slip",
        arguments: [
            "io.statefun.rabbitmq.v1/ingress", "io.statefun.pulsar.v1/ingress", "io.statefun.mqtt.v1/egress", "io.statefun.jdbc.v1/egress",
            "io.statefun.redis.v1/egress", "com.example/ingress", "http", "",
        ]
    )
    func others(kind: String) {
        #expect(ComponentKind.nearest(to: kind) == nil)
    }
}
