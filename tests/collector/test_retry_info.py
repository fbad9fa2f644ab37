"""RetryInfo as other clients decode it: against message classes built from google.rpc's own definitions."""

from typing import Any

from google.protobuf import any_pb2, descriptor_pb2, descriptor_pool, duration_pb2, message_factory

from tollbook_collector.receivers.retry_info import retry_trailers


def google_rpc() -> tuple[type[Any], type[Any]]:
    """google.rpc.Status and google.rpc.RetryInfo, from google/rpc/status.proto and error_details.proto."""
    field = descriptor_pb2.FieldDescriptorProto
    one, many = field.LABEL_OPTIONAL, field.LABEL_REPEATED
    file = descriptor_pb2.FileDescriptorProto(name="rpc.proto", package="google.rpc", syntax="proto3")
    file.dependency.extend(["google/protobuf/any.proto", "google/protobuf/duration.proto"])
    status = file.message_type.add(name="Status")
    status.field.add(name="code", number=1, type=field.TYPE_INT32, label=one)
    status.field.add(name="message", number=2, type=field.TYPE_STRING, label=one)
    any_name, duration_name = ".google.protobuf.Any", ".google.protobuf.Duration"
    status.field.add(name="details", number=3, type=field.TYPE_MESSAGE, label=many, type_name=any_name)
    info = file.message_type.add(name="RetryInfo")
    info.field.add(name="retry_delay", number=1, type=field.TYPE_MESSAGE, label=one, type_name=duration_name)
    pool: Any = descriptor_pool.DescriptorPool()
    for known in (any_pb2, duration_pb2):
        pool.AddSerializedFile(known.DESCRIPTOR.serialized_pb)
    pool.AddSerializedFile(file.SerializeToString())
    find = pool.FindMessageTypeByName
    return (
        message_factory.GetMessageClass(find("google.rpc.Status")),
        message_factory.GetMessageClass(find("google.rpc.RetryInfo")),
    )


def test_both_forms_say_when_to_try_again() -> None:
    status_class, info_class = google_rpc()
    for seconds, text in ((2, "send again"), (300, "x" * 300)):
        trailers = dict(retry_trailers(seconds, text))
        status = status_class.FromString(trailers["grpc-status-details-bin"])
        assert (status.code, status.message) == (14, text)
        (detail,) = status.details
        assert detail.type_url == "type.googleapis.com/google.rpc.RetryInfo"
        assert info_class.FromString(detail.value).retry_delay.seconds == seconds
        assert info_class.FromString(trailers["google.rpc.retryinfo-bin"]).retry_delay.seconds == seconds
