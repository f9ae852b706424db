/* Moves everything that is linked behind it by KFAAS_PAD bytes: the user-space side's random layout. */
	.text
	.skip KFAAS_PAD, 0xcc
	.section .note.GNU-stack, "", %progbits
