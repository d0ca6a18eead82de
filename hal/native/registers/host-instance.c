/* Creates host objects that inherit from an ordinary object, which XS's public interface cannot. */
#include "xsAll.h"

#include "host-instance.h"

void hf_new_host_instance(txMachine* the, txSlot* result, txSlot* prototype, txDestructor destructor, const void* data,
	size_t byteLength) {
	txSlot* instance = fxNewHostObject(the, destructor);
	instance->value.instance.prototype = fxGetInstance(the, prototype);
	fxSetHostChunk(the, the->stack, (void*)data, (txSize)byteLength);
	*result = *the->stack;
	mxPop();
}

const void* hf_host_instance_data(txMachine* the, txSlot* object, txDestructor destructor) {
	txSlot* host;
	if (!mxIsReference(object))
		return NULL;
	host = object->value.reference->next;
	if (!host || (host->kind != XS_HOST_KIND) || !(host->flag & XS_INTERNAL_FLAG) || !(host->flag & XS_HOST_CHUNK_FLAG))
		return NULL;
	(void)the;
	return (host->value.host.variant.destructor == destructor) ? host->value.host.data : NULL;
}
